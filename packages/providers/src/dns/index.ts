export { createResolver, type ResolverOptions } from './resolver.ts'
