import {describeBallast} from '../../bench/ballast.js'
import type {Comparison, Difference} from '../../bench/compare.js'
import {timeNames} from '../../bench/samples.js'
import {paragraph, type Style} from '../recommendation.js'
import {spoken} from './figures.js'
import {plainTable} from './table.js'

const timeTitles = {callerBlocked: 'Caller blocked', spawnToExit: 'Spawn to exit'} as const

const facts: readonly (readonly [string, (machine: Comparison['machines'][number]) => string])[] = [
  ['measured', ({startedAt}) => startedAt.slice(0, 16).replace('T', ' ')],
  ['kernel', ({environment}) => environment.kernel],
  ['libc', ({environment}) => environment.libc],
  ['CPU', ({environment: {cpu}}) => `${cpu.count} × ${cpu.model}`],
  ['virtualisation', ({environment}) => environment.virtualisation],
  ['huge pages', ({environment}) => environment.hugePages ?? '–'],
  ['Node', ({environment}) => environment.versions.node],
  ['spawnctl', ({environment}) => environment.versions.spawnctl],
  ['program', ({program}) => program.join(' ')],
]

/** Side by side what is not the same, and the time in any case. */
function machineTable({machines}: Comparison, style: Style): string {
  const rows = facts
    .map(([name, read]) => [name, ...machines.map(read)])
    .filter(([name, first, ...others]) => name === 'measured' || others.some(other => other !== first))
  return plainTable([[''], ...machines.map(({name}) => [name])], rows, style)
}

function cells({row, ballast: [base, other], p50Ns, ratio, ci95, p, verdict}: Difference): readonly string[] {
  const where = describeBallast(base) === describeBallast(other) ? describeBallast(base) : ''
  return [
    `${row}${where === '' || where === 'no ballast' ? '' : `, ${where}`}`,
    ...p50Ns.map(spoken),
    ci95 === null ? ratio.toFixed(2) : `${ratio.toFixed(2)} (${ci95.map(bound => bound.toFixed(2)).join('–')})`,
    p === null ? '–' : p < 0.001 ? '< 0.001' : p.toFixed(3),
    verdict,
  ]
}

/** What `bench compare` prints for a person. */
export function compareText(comparison: Comparison, style: Style, columns: number): string {
  const {differences, machines, warnings} = comparison
  const [base, ...others] = machines.map(({name}) => name)
  const tables = others.flatMap(name =>
    timeNames.flatMap(time => {
      const rows = differences.filter(each => each.name === name && each.time === time)
      const headings = [['row'], [`${base} p50`], [`${name} p50`], ['ratio (95 %)'], ['p'], ['verdict']]
      const strong = (index: number) => rows[index]!.verdict !== 'no difference shown'
      return [
        style.heading(`${timeTitles[time]}, ${name} against ${base}`),
        plainTable(headings, rows.map(cells), style, strong),
        '',
      ]
    }),
  )
  const said = warnings.flatMap(({message, next}) => [
    paragraph(`${style.heading('Warning')} ${message}\n${style.quiet('next:')} ${next}`, columns),
    '',
  ])
  return [machineTable(comparison, style), '', ...tables, ...said].join('\n')
}
