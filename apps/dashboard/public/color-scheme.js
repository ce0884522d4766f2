// Before the first paint, so that nobody who chose the dark is blinded: the page's own scripts come later.
{
  const chosen = localStorage.getItem('mantine-color-scheme-value') ?? 'auto'
  const isDark = chosen === 'dark' || (chosen === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', isDark ? 'dark' : 'light')
}
