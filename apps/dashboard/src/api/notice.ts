export type { Notification as Notice, Silence } from '@mooring/client'
