// The page for ops: reads /v1/jobs every two seconds with the key from this tab's session. No framework, no build.

const REFRESH_MS = 2000
/** After the last key, so that a word is asked for once. */
const TYPING_MS = 200
const SHOWN = 200
const KINDS = ['all', 'due', 'running', 'waiting', 'failed', 'dead']

// What to say, and what to do, when a kind has nothing in it.
const EMPTY = {
  all: [
    'Nothing to do',
    'Active domains are at rest: GET /v1/domains lists them. Whatever is launched next appears here.',
  ],
  due: ['Nothing is due', 'Work that becomes due is taken within seconds while workers run.'],
  running: ['No step is running', 'Workers are idle, or none is running. What waits for somebody is under “waiting”.'],
  waiting: ['Nothing waits', 'Domains that wait for DNS, a certificate authority or an edge are listed here.'],
  failed: ['Nothing failed', 'Domains that a person must look at are listed here, with the reason and who must act.'],
  dead: ['No dead letters', 'Messages that no worker could take are kept here.'],
}

const element = (id) => document.getElementById(id)
const view = readView()
let paused = false
let timer = 0
let freshAt = 0
let latest = null

// ── What is shown, in the address: a view can be sent to a colleague ─────────────────────────────────────────────────

function readView() {
  const query = new URLSearchParams(location.search)
  const kind = KINDS.includes(query.get('kind')) ? query.get('kind') : 'all'
  return { kind, q: query.get('q') ?? '' }
}

function addressOf({ kind, q }) {
  const query = new URLSearchParams()
  if (kind !== 'all') query.set('kind', kind)
  if (q !== '') query.set('q', q)
  return query.size === 0 ? '/' : `/?${query}`
}

function showKind(kind) {
  view.kind = kind
  history.pushState(null, '', addressOf(view))
  void refresh()
}

window.addEventListener('popstate', () => {
  Object.assign(view, readView())
  element('filter').value = view.q
  void refresh()
})

// ── Asking the API ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Throws an Error with `status` for a problem document, and the browser's own when nothing answers. */
async function ask(path, options = {}) {
  const answer = await fetch(path, {
    ...options,
    // Without credentials the browser does not open its own password dialog on a 401.
    credentials: 'omit',
    headers: { authorization: `Bearer ${sessionStorage.getItem('key')}` },
    signal: AbortSignal.timeout(10_000),
  })
  const body = await answer.json()
  if (!answer.ok) throw Object.assign(new Error(body.detail ?? answer.statusText), { status: answer.status })
  return body
}

async function refresh() {
  clearTimeout(timer)
  if (sessionStorage.getItem('key') === null) return signOut('')
  const { kind, q } = view
  const wanted = q.trim()
  try {
    const query = new URLSearchParams({
      limit: SHOWN,
      ...(kind === 'all' ? {} : { kind }),
      ...(wanted === '' ? {} : { q: wanted }),
    })
    const answer = await ask(`/v1/jobs?${query}`)
    // Signed out, or something else asked for, while this was under way.
    if (kind !== view.kind || q !== view.q || sessionStorage.getItem('key') === null) return
    latest = answer
    freshAt = Date.now()
    showTrouble(null)
    showJobs()
  } catch (error) {
    if (error.status === 401 || error.status === 403) return signOut(`${error.message} Check it and try again.`)
    showTrouble(error)
  }
  clearTimeout(timer)
  if (!paused && !document.hidden) timer = setTimeout(refresh, REFRESH_MS)
}

async function act(job, action, button) {
  button.disabled = true
  try {
    await ask(`/v1/domains/${job.domain_id}/${action}`, { method: 'POST' })
    say(action === 'retry' ? `${job.hostname} goes on.` : `${job.hostname} is looked at now.`)
    await refresh()
  } catch (error) {
    say(`${job.hostname}: ${error.message}`)
  } finally {
    button.disabled = false
  }
}

// ── Showing ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function showJobs() {
  element('sign-in').hidden = true
  for (const id of ['jobs', 'pause', 'sign-out', 'freshness']) element(id).hidden = false
  showKinds(latest.counts)
  showRows(latest.data)
  showEmpty(latest.data.length === 0, view.q.trim())
  element('more').hidden = latest.next_cursor === null
  element('more').textContent =
    `The first ${SHOWN} are shown. Narrow the filter, or follow next_cursor in GET /v1/jobs for the rest.`
}

function showKinds(counts) {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
  for (const kind of KINDS) {
    const link = element(`kind-${kind}`) ?? addKind(kind)
    const count = kind === 'all' ? all : (counts[kind] ?? 0)
    setText(link.querySelector('b'), count.toLocaleString())
    link.classList.toggle('alarm', count > 0 && (kind === 'failed' || kind === 'dead'))
    link.href = addressOf({ ...view, kind })
    if (kind === view.kind) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
}

function addKind(kind) {
  const link = document.createElement('a')
  link.id = `kind-${kind}`
  link.append(kind[0].toUpperCase() + kind.slice(1), document.createElement('b'))
  link.addEventListener('click', (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    showKind(kind)
  })
  element('kinds').append(link)
  return link
}

const jobOf = new WeakMap()

/** Rows keep their elements, so that a refresh takes neither the focus nor a selection away. */
function showRows(jobs) {
  const body = element('rows')
  const known = new Map([...body.children].map((row) => [row.dataset.id, row]))
  jobs.forEach((job, index) => {
    const id = job.domain_id ?? `${job.hostname} ${job.at} ${index}`
    const row = known.get(id) ?? element('row').content.firstElementChild.cloneNode(true)
    known.delete(id)
    row.dataset.id = id
    jobOf.set(row, job)
    fillRow(row, job)
    if (body.children[index] !== row) body.insertBefore(row, body.children[index] ?? null)
  })
  for (const row of known.values()) row.remove()
}

function fillRow(row, job) {
  const reason = job.reason ?? reasonOfDeadLetter(job.dead_letter)
  const texts = {
    hostname: job.hostname,
    tenant: job.tenant ?? '',
    state: (job.state ?? job.kind).replaceAll('_', ' '),
    step: job.step?.replaceAll('_', ' ') ?? '',
    message: reason?.message ?? '',
    actor: reason === null ? '' : WHO[reason.actor],
    code: reason?.code ?? '',
    facts: factsOf(reason),
    attempt: job.attempt === null ? '' : String(job.attempt),
    worker: job.worker ?? '',
    when: whenOf(job),
  }
  for (const place of row.querySelectorAll('[data-fill]')) setText(place, texts[place.dataset.fill])
  row.querySelector('.state').className = `state ${job.state ?? job.kind}`
  row.querySelector('.actor').className = `actor ${reason?.actor ?? ''}`
  row.querySelector('.reason').classList.toggle('blank', reason === null)
  row.querySelector('time').dateTime = job.at
  row.querySelector('time').title = new Date(job.at).toLocaleString()
  offerAction(row.querySelector('button'), job)
}

/** Somebody published what is not ours, or a hint that nobody could handle: an operator's to look at. */
function reasonOfDeadLetter(letter) {
  if (letter === null) return null
  return { code: letter.code, message: letter.detail, actor: 'operator', observed: [letter.excerpt.slice(0, 200)] }
}

const WHO = {
  customer: 'Customer must act',
  platform: 'Platform must act',
  operator: 'Operator must act',
  ca: 'Certificate authority',
  nobody: 'No one needs to act',
}

function factsOf(reason) {
  const part = (title, values) => (values === undefined ? [] : [`${title}: ${values.join(', ') || 'nothing'}`])
  return [...part('Expected', reason?.expected), ...part('Found', reason?.observed)].join(' · ')
}

function offerAction(button, job) {
  const action = job.kind === 'failed' ? 'retry' : 'check'
  button.hidden = job.domain_id === null
  setText(button, action === 'retry' ? 'Retry' : 'Check now')
  button.setAttribute('aria-label', `${action === 'retry' ? 'Retry' : 'Check now'}: ${job.hostname}`)
  button.dataset.action = action
}

function whenOf({ kind, at }) {
  const seconds = Math.round((Date.now() - new Date(at)) / 1000)
  const span = spanOf(Math.abs(seconds))
  if (seconds < 0) return `in ${span}`
  if (kind === 'running' || kind === 'due') return `for ${span}`
  return `${span} ago`
}

function spanOf(seconds) {
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
  return `${Math.floor(seconds / 86_400)} d`
}

function showEmpty(isEmpty, wanted) {
  const [title, advice] = EMPTY[view.kind]
  element('empty').hidden = !isEmpty
  document.querySelector('table').hidden = isEmpty
  const filtered = wanted !== ''
  setText(element('empty').querySelector('h2'), filtered ? `No hostname here contains “${wanted}”` : title)
  setText(element('empty').querySelector('p'), filtered ? 'Clear the filter, or look under another kind.' : advice)
}

function showTrouble(error) {
  const advice = error?.status === undefined ? 'The API does not answer. Is it running?' : error.message
  element('trouble').hidden = error === null
  setText(element('trouble'), error === null ? '' : `${advice} Trying again every ${REFRESH_MS / 1000} seconds.`)
  element('jobs').classList.toggle('stale', error !== null)
  if (error !== null) for (const id of ['jobs', 'pause', 'sign-out', 'freshness']) element(id).hidden = false
  if (error !== null) element('sign-in').hidden = true
  showFreshness()
}

function showFreshness() {
  const lost = !element('trouble').hidden
  element('freshness').className = lost ? 'lost' : paused ? 'paused' : ''
  const ago = `${Math.round((Date.now() - freshAt) / 1000)} s ago`
  const label = lost ? 'No connection' : paused ? `Paused, as of ${ago}` : 'Live'
  setText(element('freshness').querySelector('span'), label)
}

function signOut(message) {
  clearTimeout(timer)
  sessionStorage.removeItem('key')
  for (const id of ['jobs', 'pause', 'sign-out', 'freshness']) element(id).hidden = true
  element('sign-in').hidden = false
  element('sign-in-error').textContent = message
  element('key').focus()
}

let silence = 0
function say(sentence) {
  element('said').textContent = sentence
  clearTimeout(silence)
  silence = setTimeout(() => say(''), 6000)
}

// An unchanged text is left alone: a screen reader would read it again.
function setText(place, text) {
  if (place.textContent !== text) place.textContent = text
}

// ── Listening ────────────────────────────────────────────────────────────────────────────────────────────────────────

element('sign-in').addEventListener('submit', (event) => {
  event.preventDefault()
  sessionStorage.setItem('key', element('key').value.trim())
  element('key').value = ''
  void refresh()
})
element('sign-out').addEventListener('click', () => signOut(''))
element('pause').addEventListener('click', () => {
  paused = !paused
  element('pause').setAttribute('aria-pressed', String(paused))
  setText(element('pause'), paused ? 'Resume' : 'Pause')
  showFreshness()
  void (paused ? clearTimeout(timer) : refresh())
})
element('rows').addEventListener('click', ({ target }) => {
  const button = target.closest('button')
  if (button !== null) void act(jobOf.get(button.closest('tr')), button.dataset.action, button)
})
element('filter').value = view.q
element('filter').addEventListener('input', () => {
  view.q = element('filter').value
  history.replaceState(null, '', addressOf(view))
  clearTimeout(timer)
  timer = setTimeout(refresh, TYPING_MS)
})
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && !paused) void refresh()
})
setInterval(showFreshness, 1000)
void refresh()
