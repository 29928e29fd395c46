import {spawnSync} from 'node:child_process'
import {copyFileSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

const built = fileURLToPath(new URL('../../../dist/report/html', import.meta.url))

describe('the bundle of Vega', () => {
  let elsewhere: string
  beforeAll(() => {
    elsewhere = mkdtempSync(join(tmpdir(), 'spawnctl-test-'))
    copyFileSync(join(built, 'vega.js'), join(elsewhere, 'vega.mjs'))
  })
  afterAll(() => rmSync(elsewhere, {recursive: true}))

  it('draws where no package is installed', () => {
    const program = `
      import {parse, View} from './vega.mjs'
      const mark = {type: 'rect', encode: {enter: {width: {value: 7}, height: {value: 9}, fill: {value: 'red'}}}}
      console.log(await new View(parse({width: 20, height: 20, marks: [mark]}), {renderer: 'none'}).toSVG())`
    const drawn = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: elsewhere,
      encoding: 'utf8',
    })
    expect(drawn).toMatchObject({status: 0, stderr: ''})
    expect(drawn.stdout).toMatch(/^<svg.*M0,0h7v9h-7Z.*<\/svg>\n$/s)
  })

  it('comes with the licences of what is in it', () => {
    const licenses = readFileSync(join(built, 'vega.licenses.txt'), 'utf8')
    for (const name of ['vega-view', 'vega-scenegraph', 'd3-scale'])
      expect(licenses).toMatch(new RegExp(`^${name}\\n\\n`, 'm'))
    expect(licenses).toContain('University of Washington Interactive Data Lab')
    expect(licenses).toContain('Mike Bostock')
  })
})
