/** How long a visitor's software shall wait before it comes back (RFC 9110 §10.2.3). */
export const HOLDING_RETRY_SECONDS = 3600

/**
 * What a suspended name answers, with status 503 and for every path. It says nothing about why or whose: the platform's
 * dispute with its customer is no visitor's business. Self-contained, since nothing else of the name is served.
 *
 * ASCII without double quotes, backslashes and `$`, which an nginx configuration could not hold.
 */
export const HOLDING_PAGE = [
  '<!doctype html>',
  '<html lang=en>',
  '<meta charset=utf-8>',
  "<meta name=viewport content='width=device-width'>",
  '<title>Not available at the moment</title>',
  '<style>',
  ':root{color-scheme:light dark}',
  'body{margin:0;min-height:100vh;display:grid;place-items:center;background:Canvas;color:CanvasText;',
  'font:1.0625rem/1.5 system-ui,sans-serif}',
  'main{max-width:30rem;padding:2rem}',
  'h1{margin:0 0 .5rem;font-size:1.5rem;line-height:1.25;text-wrap:balance}',
  'p{margin:0;opacity:.75}',
  '</style>',
  '<main>',
  '<h1>This site is not available at the moment</h1>',
  '<p>Please try again later.</p>',
  '</main>',
  '</html>',
  '',
].join('\n')
