const PATHS = {
  overview: 'M4 19V10m5 9V5m5 14v-7m5 7V8',
  jobs: 'M4 6h16M4 12h16M4 18h10',
  domains: 'M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18M3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18',
  workers: 'M7 7h10v10H7zM10 3v4m4-4v4m-4 10v4m4-4v4M3 10h4m-4 4h4m10-4h4m-4 4h4',
  edges: 'M4 5h16v6H4zM4 13h16v6H4zM8 8h.01M8 16h.01',
  limits: 'M4 17a8 8 0 1 1 16 0M12 17l4-6',
  notifications: 'M6 17V11a6 6 0 0 1 12 0v6l1.5 1H4.5zM10 21h4',
  webhooks: 'M9 12a4 4 0 1 1 4-4l3 6m-1 2a4 4 0 1 1-3 3H7m3-9l-3 5',
  audit: 'M6 3h9l4 4v14H6zM9 12h7M9 16h7M9 8h3',
  settings: 'M5 8h8m4 0h2M5 16h2m4 0h8M15 6v4M9 14v4',
  search: 'M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14m5 12l4 4',
  menu: 'M4 6h16M4 12h16M4 18h16',
  copy: 'M9 9h11v11H9zM5 15V4h11',
  check: 'M5 13l4 4L19 7',
  sun: 'M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8M12 2v2m0 16v2M2 12h2m16 0h2M5 5l1.5 1.5m11 11L19 19M5 19l1.5-1.5m11-11L19 5',
  moon: 'M20 14A8.5 8.5 0 0 1 10 4a8.5 8.5 0 1 0 10 10',
  auto: 'M4 5h16v11H4zM9 20h6m-3-4v4',
  pause: 'M8 5v14m8-14v14',
  play: 'M7 5l12 7l-12 7z',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  person: 'M12 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8M4 21c1-5 4-6 8-6s7 1 8 6',
} as const

export type IconName = keyof typeof PATHS

/** A drawing beside a word; it says nothing that the word does not. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}
