import {readFileSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {doctorDocument} from '../../src/doctor/document.js'
import {type Examination, groups} from '../../src/doctor/examine.js'
import {examinationAsJson} from '../../src/doctor/json.js'
import {doctorOptions} from '../../src/doctor/options.js'

const examination: Examination = {
  machine: {kernel: '6.1.0', arch: 'x64', node: '20.12.0', uid: 0},
  findings: [
    {
      id: 'clone3',
      group: 'creation',
      title: 'clone3',
      essential: false,
      outcome: {state: 'refused', errno: 'EPERM', evidence: 'clone3: operation not permitted (EPERM)'},
      consequence: {methods: ['clone'], options: [], text: 'the older clone'},
      advice: 'allow it',
    },
    {
      id: 'libc',
      group: 'program',
      title: 'libc',
      essential: true,
      outcome: {state: 'works', evidence: 'x', detail: 'y'},
    },
  ],
}

/** "machine.uid", "findings[].id": as the document names them. */
function keysOf(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([key, child]) => {
    if (key === 'findings') return (child as object[]).flatMap(found => keysOf(found, 'findings[].'))
    return key === 'machine' ? keysOf(child, 'machine.') : [`${prefix}${key}`]
  })
}

describe('docs/doctor.md', () => {
  const text = doctorDocument()

  it('is not stale (npm run docs writes it)', () => {
    expect(readFileSync(new URL('../../docs/doctor.md', import.meta.url), 'utf8')).toBe(text)
  })

  it('names every option, probe and key of the JSON', () => {
    for (const {name} of doctorOptions) expect(text).toContain(`--${name}`)
    for (const {id} of groups.flatMap(({probes}) => probes)) expect(text).toContain(`| \`${id}\` `)
    for (const key of keysOf(examinationAsJson(examination))) expect(text).toContain(`\`${key}\``)
  })
})

describe('the probes', () => {
  const probes = groups.flatMap(group => group.probes)

  it('have names of their own', () => {
    expect(new Set(probes.map(({id}) => id)).size).toBe(probes.length)
    expect(new Set(probes.map(({title}) => title)).size).toBe(probes.length)
  })

  it('leave room for what is said beside the title', () => {
    for (const {title} of probes) expect(title.length).toBeLessThan(38)
  })
})
