/** RFC 9457, as every refusal of the API is (apps/api/src/problem.ts). */
export interface Problem {
  status: number
  code: string
  title: string
  detail: string
  errors?: { path: string; code: string; message: string }[]
  request_id?: string
  sign_in?: SignIn
}

export interface SignIn {
  password: boolean
  /** Where the identity provider's sign-in begins; null without one. */
  oidc: string | null
}
