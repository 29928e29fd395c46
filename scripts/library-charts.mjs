// The charts of docs/library.md, from the raw data in docs/benchmarks/. `npm run docs` puts them there.
import {readFileSync} from 'node:fs'
import {interval, median, quantile} from '../bench/harness.mjs'
import {table} from '../dist/exec/document.js'

const gibibyte = 2 ** 30
const barWidth = 40

function raw(name) {
  try {
    return JSON.parse(readFileSync(new URL(`../docs/benchmarks/${name}.json`, import.meta.url), 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

function source(name, {command, date, node, kernel, cpu, load, commit}) {
  const machine = `Node ${node}, Linux ${kernel}, ${cpu}, load ${load.toFixed(1)}`
  return `Made by \`${command}\` on ${date} at ${commit}: ${machine}. Raw data: [${name}.json](benchmarks/${name}.json).`
}

/** Bars on one logarithmic scale: the values lie orders of magnitude apart. */
function bars(rows) {
  const values = rows.map(({value}) => value)
  const [least, most] = [Math.min(...values) / 2, Math.max(...values)]
  const labels = Math.max(...rows.map(({label}) => label.length))
  const lines = rows.map(({label, value, text}) => {
    const width = Math.round((barWidth * Math.log(value / least)) / Math.log(most / least))
    return `${label.padEnd(labels)}  ${'█'.repeat(Math.max(1, width)).padEnd(barWidth)}  ${text}`
  })
  return ['```text', ...lines, '```'].join('\n')
}

const spread = ([low, high], digits) => `${low.toFixed(digits)}–${high.toFixed(digits)}`
const ratioOf = (a, b) => median(a) / median(b)

function blocked() {
  const data = raw('blocked')
  if (data === undefined) return []
  const of = (bytes, what) => data.rows.find(row => row.bytes === bytes && row.what === what).samplesNs
  const sizes = [...new Set(data.rows.map(({bytes}) => bytes))]
  const us = samples => (median(samples) / 1000).toFixed(0)
  const chart = sizes.flatMap(bytes =>
    [
      ['node:child_process', 'node, pipe'],
      ['spawnctl', 'ours, pipe'],
    ].map(([label, what]) => {
      const samples = of(bytes, what)
      return {label: `${bytes / gibibyte} GiB  ${label}`, value: median(samples), text: `${us(samples)} µs`}
    }),
  )
  const rows = sizes.flatMap(bytes =>
    ['pipe', 'ignore'].map(stdio => {
      const [theirs, ours, own, bare] = [`node, ${stdio}`, `ours, ${stdio}`, `own share, ${stdio}`, 'clone in C'].map(
        what => of(bytes, what),
      )
      return [
        `${bytes / gibibyte} GiB`,
        `\`${stdio}\``,
        us(theirs),
        us(ours),
        `${ratioOf(theirs, ours).toFixed(1)} (${spread(interval(ratioOf, theirs, ours), 1)})`,
        us(own),
        us(bare),
        `${ratioOf(own, bare).toFixed(1)} (${spread(interval(ratioOf, own, bare), 1)})`,
      ]
    }),
  )
  const heading = ['Buffers', 'stdio', 'Node, µs', 'spawnctl, µs', 'ratio', 'own share, µs', 'clone in C, µs', 'ratio']
  return [
    '### How long a spawn blocks its caller',
    "Medians of `spawn('/bin/true')`, in a process that holds Buffers of which every page was written; scale logarithmic.",
    bars(chart),
    table(heading, rows),
    'The own share is what the engine takes: reading, encoding, the native call; the rest is Node’s own JavaScript around it, which reads options and makes streams. Beside it a C program’s bare `clone(CLONE_VM | CLONE_VFORK)`, which waits for execve. In brackets 95 % of the ratios when samples are drawn again.',
    source('blocked', data.environment),
  ]
}

function burst() {
  const data = raw('burst')
  if (data === undefined) return []
  const of = (bytes, most, engine) =>
    data.rows.find(row => row.bytes === bytes && row.most === most && row.engine === engine).perSecond
  const sizes = [...new Set(data.rows.map(({bytes}) => bytes))]
  const flights = [...new Set(data.rows.map(({most}) => most))]
  const rows = flights.flatMap(most =>
    sizes.map(bytes => {
      const [theirs, ours, atNone] = [of(bytes, most, 'node'), of(bytes, most, 'ours'), of(0, most, 'ours')]
      return [
        String(most),
        `${bytes / gibibyte} GiB`,
        median(theirs).toFixed(0),
        median(ours).toFixed(0),
        `${ratioOf(ours, theirs).toFixed(1)} (${spread(interval(ratioOf, ours, theirs), 1)})`,
        `${(100 * ratioOf(ours, atNone)).toFixed(0)} %`,
      ]
    }),
  )
  const heading = ['in flight', 'Buffers', 'Node, a second', 'spawnctl, a second', 'ratio', 'of that without Buffers']
  return [
    '### How many a second',
    'Children started and seen to end, with so many in flight at a time.',
    table(heading, rows),
    source('burst', data.environment),
  ]
}

function latency() {
  const data = raw('latency')
  if (data === undefined) return []
  const names = {none: 'no children', node: 'node:child_process', ours: 'spawnctl'}
  const p99 = samples => quantile(samples, 0.99)
  const rounds = row => row.milliseconds.map(p99)
  const chart = data.rows.map(({bytes, engine, milliseconds}) => {
    const value = p99(milliseconds.flat())
    return {label: `${bytes / gibibyte} GiB  ${names[engine]}`, value, text: `${value.toFixed(1)} ms`}
  })
  const rows = data.rows.map(row => {
    const all = row.milliseconds.flat()
    return [
      `${row.bytes / gibibyte} GiB`,
      names[row.engine],
      median(all).toFixed(2),
      p99(all).toFixed(2),
      spread([Math.min(...rounds(row)), Math.max(...rounds(row))], 2),
      Math.max(...all).toFixed(1),
    ]
  })
  return [
    '### What a server’s clients wait',
    'The 99th percentile of an HTTP server’s answers while its process starts 50 children a second; 200 requests a second from another process, asked whether or not the one before was answered. Scale logarithmic.',
    bars(chart),
    table(['Buffers', 'children by', 'p50, ms', 'p99, ms', 'p99 of the rounds', 'longest, ms'], rows),
    source('latency', data.environment),
  ]
}

export function libraryCharts() {
  return [...blocked(), ...burst(), ...latency()].join('\n\n')
}
