import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import type {Browser, Page} from 'playwright-core'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {readResult} from '../../../src/bench/read-result.js'
import type {BenchResult} from '../../../src/bench/result.js'
import {columns} from '../../../src/report/bench/figures.js'
import {benchJson} from '../../../src/report/bench/json.js'
import {benchHtml} from '../../../src/report/html/bench.js'
import {browserPath, openBrowser} from '../../helpers/browser.js'
import {sampleBenchResult} from '../../helpers/sample-bench-result.js'

const GiB = 2 ** 30
const hostile = `/tmp/</script><script>document.title='caught'</script>"'&<img src=x onerror=alert(1)>`
const results: Readonly<Record<string, BenchResult>> = {
  plain: sampleBenchResult(),
  sweep: sampleBenchResult({rows: ['fork', 'clone', 'zygote'], memoryBytes: [0, GiB / 2, GiB, 2 * GiB, 4 * GiB]}),
  lone: sampleBenchResult({rows: ['clone'], iterations: 20}),
  hostile: sampleBenchResult({rows: ['fork'], program: hostile, iterations: 20}),
}

describe.skipIf(browserPath === undefined)('the page in a browser # needs Chromium', () => {
  let directory: string
  let browser: Browser
  const complaints: string[] = []
  const requests: string[] = []

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'spawnctl-test-'))
    browser = await openBrowser()
    for (const [name, result] of Object.entries(results))
      writeFileSync(join(directory, `${name}.html`), await benchHtml(result))
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    rmSync(directory, {recursive: true})
  })

  async function open(name: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
    const page = await browser.newPage(options)
    complaints.splice(0)
    requests.splice(0)
    page.on('console', message => complaints.push(message.text()))
    page.on('pageerror', error => complaints.push(String(error)))
    page.on('request', request => requests.push(request.url()))
    await page.goto(pathToFileURL(join(directory, `${name}.html`)).href)
    return page
  }

  it.each(Object.keys(results))('asks for nothing but itself and complains of nothing: %s', async name => {
    const page = await open(name)
    expect(complaints).toEqual([])
    expect(requests.filter(url => !url.startsWith('blob:'))).toEqual([page.url()])
    await page.close()
  })

  it('shows the figures that the terminal shows', async () => {
    const page = await open('plain')
    const cells = await page.$$eval('table.results tbody tr', rows =>
      rows.map(row => [...row.querySelectorAll('td')].map(({textContent}) => textContent)),
    )
    const [, ...figures] = columns
    expect(cells).toEqual(results.plain!.results.map(result => figures.map(({cell}) => cell(result))))
    await page.close()
  })

  it('draws both graphs, a panel for each row, and the spread of both times', async () => {
    const page = await open('sweep')
    const headings = await page.$$eval('h3', all => all.map(({textContent}) => textContent))
    expect(headings).toEqual(['The fork graph', 'The clone graph'])
    expect(await page.$$eval('.panels svg', all => all.length)).toBe(3)
    expect(await page.$$eval('.pair svg', all => all.length)).toBe(2)
    const unnamed = await page.$$eval(
      'svg[role=img]',
      all => all.filter(svg => svg.querySelector('title') === null).length,
    )
    expect(unnamed).toBe(0)
    await page.close()
  })

  it('can be found one’s way in without seeing it', async () => {
    const page = await open('sweep')
    const levels = await page.$$eval('h1, h2, h3', all => all.map(({tagName}) => Number(tagName[1])))
    expect(levels[0]).toBe(1)
    for (const [i, level] of levels.entries()) if (i > 0) expect(level).toBeLessThanOrEqual(levels[i - 1]! + 1)
    const counts = await page.evaluate(() => ({
      headless: [...document.querySelectorAll('table.results thead tr:last-child > *')].filter(
        cell => cell.tagName !== 'TH' || cell.getAttribute('scope') !== 'col',
      ).length,
      nameless: [...document.querySelectorAll('tbody tr')].filter(
        row => row.firstElementChild?.getAttribute('scope') !== 'row',
      ).length,
      untitled: [...document.querySelectorAll('table')].filter(table => !table.caption?.textContent).length,
      undescribed: [...document.querySelectorAll('svg:not([aria-hidden])')].filter(svg => {
        const ids = svg.getAttribute('aria-labelledby')?.split(' ') ?? []
        return ids.length !== 2 || ids.some(id => !document.getElementById(id)?.textContent)
      }).length,
      twice:
        document.querySelectorAll('[id]').length -
        new Set(Array.from(document.querySelectorAll('[id]'), ({id}) => id)).size,
    }))
    expect(counts).toEqual({headless: 0, nameless: 0, untitled: 0, undescribed: 0, twice: 0})
    await page.close()
  })

  it('draws no text over the edge of its picture', async () => {
    for (const name of Object.keys(results)) {
      const page = await open(name)
      const cut = await page.$$eval('svg.chart', all =>
        all.flatMap(svg => {
          const frame = svg.getBoundingClientRect()
          return Array.from(svg.querySelectorAll('text'))
            .filter(text => text.textContent !== '')
            .filter(text => {
              const box = text.getBoundingClientRect()
              return box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1
            })
            .map(({textContent}) => textContent)
        }),
      )
      expect(cut, name).toEqual([])
      await page.close()
    }
  })

  it('follows the reader from light to dark', async () => {
    const background = async (colorScheme: 'light' | 'dark') => {
      const page = await open('plain', {colorScheme})
      const color = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      await page.close()
      return color
    }
    expect(await background('light')).toBe('rgb(255, 255, 255)')
    expect(await background('dark')).not.toBe('rgb(255, 255, 255)')
  })

  it.each(Object.keys(results))('needs no sideways scrolling on a telephone: %s', async name => {
    const page = await open(name, {viewport: {width: 360, height: 740}})
    const [needed, there] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
    expect(needed).toBeLessThanOrEqual(there!)
    await page.close()
  })

  it('lets tables that are too wide be scrolled, the names staying', async () => {
    const page = await open('plain', {viewport: {width: 360, height: 740}})
    const [before, after] = await page.$eval('.scroll', scroll => {
      const left = () => scroll.querySelector('tbody th')!.getBoundingClientRect().left
      const before = left()
      scroll.scrollLeft = 300
      return [before, scroll.scrollLeft > 0 ? left() : Number.NaN]
    })
    expect(after).toBe(before)
    await page.close()
  })

  it('is printed in a few pages, without what paper cannot do', async () => {
    const page = await open('sweep')
    await page.emulateMedia({media: 'print'})
    expect(await page.isVisible('#download')).toBe(false)
    const pages = (await page.pdf({preferCSSPageSize: true})).toString('latin1').match(/\/Type \/Page\b/g)!.length
    expect(pages).toBeLessThan(8)
    await page.close()
  })

  it('gives its data away as the file that bench compare reads', async () => {
    const page = await open('plain', {acceptDownloads: true})
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')])
    const file = join(directory, 'data.json')
    await download.saveAs(file)
    expect(readResult(file)).toEqual(JSON.parse(benchJson(results.plain!, {samples: true})))
    expect(readFileSync(file, 'utf8')).toContain('"samplesNs"')
    await page.close()
  })

  it('is not broken out of by what the program is called', async () => {
    const page = await open('hostile')
    expect(await page.title()).toContain('/tmp/</script><script>document.title=')
    expect(await page.$$eval('img', all => all.length)).toBe(0)
    expect(complaints).toEqual([])
    await page.close()
  })
})
