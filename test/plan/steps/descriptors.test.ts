import {describe, expect, it} from 'vitest'
import {ScriptWriter} from '../../../src/plan/script.js'
import {SpawnActions} from '../../../src/plan/spawn-actions.js'
import type {OpenPlacement} from '../../../src/plan/step.js'
import {descriptors} from '../../../src/plan/steps/descriptors.js'
import {afterExec, type DescriptorTable, runActions, runCalls, tableOf} from '../../helpers/descriptor-model.js'
import {situation} from '../../helpers/plans.js'

type Wish = Readonly<Record<number, number | 'closed'>>

const placements = (wish: Wish): OpenPlacement[] => Object.entries(wish).map(([to, from]) => ({to: Number(to), from}))

const floorOf = (wish: Wish) =>
  Math.max(2, ...Object.entries(wish).flatMap(([to, from]) => [Number(to), typeof from === 'number' ? from : 0])) + 1

function lowered(wish: Wish, place: 'caller' | 'zygote' = 'caller', openFds?: readonly number[]): ScriptWriter {
  const script = new ScriptWriter('x64', situation({place, fdFloor: floorOf(wish), openFds}))
  const step = {kind: 'descriptors', placements: placements(wish)} as const
  script.begin(step)
  descriptors.lower(step, script)
  script.finish()
  return script
}

function actionsFor(wish: Wish, openFds?: readonly number[]): SpawnActions {
  const actions = new SpawnActions(floorOf(wish), openFds)
  descriptors.lowerToPosixSpawn?.({kind: 'descriptors', placements: placements(wish)}, actions)
  return actions
}

/** "dup3 2 1 0" and so on; "$0" is a slot. */
function spelled(script: ScriptWriter): string[] {
  return script.calls.map(({name, args, save}) => {
    const words = args.map(arg => (typeof arg === 'object' && 'slot' in arg ? `$${arg.slot}` : String(arg)))
    return `${save === undefined ? '' : `$${save.slot} = `}${name} ${words.join(' ')}`
  })
}

describe('placing descriptors', () => {
  it.each<[string, Wish, string[]]>([
    ['keeps a number by taking its close-on-exec away', {0: 0}, ['fcntl 0 2 0', 'close_range 3 4294967295 4']],
    ['copies', {1: 2}, ['dup3 2 1 0', 'close_range 3 4294967295 4']],
    ['closes, forgivingly', {0: 'closed'}, ['close 0', 'close_range 3 4294967295 4']],
    [
      'swaps by way of numbers that nobody names',
      {1: 2, 2: 1},
      ['$0 = fcntl 2 1030 3', '$1 = fcntl 1 1030 3', 'dup3 $0 1 0', 'dup3 $1 2 0', 'close_range 3 4294967295 4'],
    ],
    [
      'lifts of a chain what would be overwritten, and no more',
      {4: 3, 5: 4},
      ['$0 = fcntl 4 1030 6', 'dup3 3 4 0', 'dup3 $0 5 0', 'close_range 3 3 4', 'close_range 6 4294967295 4'],
    ],
    [
      'lifts a source that is to be closed',
      {3: 4, 4: 'closed'},
      ['$0 = fcntl 4 1030 5', 'dup3 $0 3 0', 'close 4', 'close_range 4 4294967295 4'],
    ],
    [
      'closes the gaps between the kept ones',
      {3: 3, 5: 0, 9: 9},
      [
        'dup3 0 5 0',
        'fcntl 3 2 0',
        'fcntl 9 2 0',
        'close_range 4 4 4',
        'close_range 6 8 4',
        'close_range 10 4294967295 4',
      ],
    ],
    ['has no gap between neighbours', {3: 3, 4: 4}, ['fcntl 3 2 0', 'fcntl 4 2 0', 'close_range 5 4294967295 4']],
  ])('%s', (_, wish, calls) => {
    expect(spelled(lowered(wish))).toEqual(calls)
  })

  it('marks the open descriptors one by one where there is no close_range', () => {
    expect(spelled(lowered({1: 1, 4: 1}, 'caller', [0, 1, 2, 3, 4, 7]))).toEqual([
      'dup3 1 4 0',
      'fcntl 1 2 0',
      'fcntl 3 2 1',
      'fcntl 7 2 1',
    ])
  })

  it('sends each source to the zygote once, and places it from its slot', () => {
    const script = lowered({0: 7, 1: 5, 2: 7, 3: 'closed'}, 'zygote')
    expect(script.situation.sentFds).toEqual([7, 5])
    expect(spelled(script)).toEqual([
      '$0 = fcntl $0 1030 8',
      '$1 = fcntl $1 1030 8',
      'dup3 $0 0 0',
      'dup3 $1 1 0',
      'dup3 $0 2 0',
      'close 3',
    ])
  })

  it('forgives only EBADF, and only to what closes', () => {
    const forgiving = lowered({1: 2, 2: 1, 3: 'closed'}, 'caller', [4]).calls.filter(({forgive}) => forgive.length > 0)
    expect(forgiving.map(({name, args, forgive}) => [name, args[0], forgive])).toEqual([
      ['close', 3, [9]],
      ['fcntl', 4, [9]],
    ])
  })

  it('needs files to be open', () => {
    const step = {kind: 'descriptors', placements: [{to: 1, from: {path: 'log', access: 'write'}}]} as const
    const script = new ScriptWriter('x64', situation())
    expect(() => descriptors.lower(step, script)).toThrow('log must be opened')
  })
})

/** Every way to fill five numbers from six sources or to close them: 16 807 wishes, all moves, rings and chains among them. */
function* everyWish(): Generator<Wish> {
  const sources = [0, 1, 2, 3, 4, 5, 'closed'] as const
  for (let n = 0; n < sources.length ** 5; n++) {
    const wish: Record<number, number | 'closed'> = {}
    for (let to = 0, rest = n; to < 5; to++, rest = Math.floor(rest / sources.length))
      wish[to] = sources[rest % sources.length] as number | 'closed'
    yield wish
  }
}

/** What the caller has: files at 0 to 6 (6 nobody asks for), its close-on-exec pipe above, and one stray far up. */
function callerTable(): DescriptorTable {
  const table = tableOf({
    0: 'file 0',
    1: 'file 1',
    2: 'file 2',
    3: 'file 3',
    4: 'file 4',
    5: 'file 5',
    6: 'stray',
    99: 'stray',
  })
  for (const [fd, entry] of tableOf({7: 'pipe', 8: 'pipe'}, true)) table.set(fd, entry)
  return table
}

function wished(wish: Wish): Readonly<Record<string, string>> {
  const placed = Object.entries(wish).filter(([, from]) => from !== 'closed')
  return Object.fromEntries(placed.map(([to, from]) => [to, `file ${from}`]))
}

function zygoteTable(sentFds: readonly number[]): {table: DescriptorTable; slots: number[]} {
  const table = tableOf({0: 'null', 1: 'null', 2: 'null', 3: 'socket', 4: 'block', 5: 'pipe'}, true)
  const slots = sentFds.map((fd, i) => {
    table.set(6 + i, {file: `file ${fd}`, closeOnExec: true})
    return 6 + i
  })
  return {table, slots}
}

describe('every wish for five descriptors', () => {
  const ways: Readonly<Record<string, (wish: Wish) => DescriptorTable>> = {
    'by a script': wish => {
      const table = callerTable()
      runCalls(table, lowered(wish).calls)
      return table
    },
    'by a script without close_range': wish => {
      const table = callerTable()
      runCalls(table, lowered(wish, 'caller', [...table.keys(), 42]).calls)
      return table
    },
    'in the zygote': wish => {
      const script = lowered(wish, 'zygote')
      const {table, slots} = zygoteTable(script.situation.sentFds)
      for (const fd of [0, 1, 2]) table.set(fd, {file: 'null', closeOnExec: false})
      runCalls(table, script.calls, slots)
      return table
    },
    'by posix_spawn': wish => {
      const table = callerTable()
      runActions(table, actionsFor(wish).actions)
      return table
    },
    'by posix_spawn without closefrom': wish => {
      const table = callerTable()
      runActions(table, actionsFor(wish, [...table.keys(), 42]).actions)
      return table
    },
  }

  it.each(Object.entries(ways))('is fulfilled %s', (_, run) => {
    for (const wish of everyWish()) {
      const found = afterExec(run(wish))
      const expected = wished(wish)
      if (JSON.stringify(found) !== JSON.stringify(expected)) expect({wish, found}).toEqual({wish, found: expected})
    }
  })

  it.each(['caller', 'zygote'] as const)('leaves the pipe of the core alone in the %s', place => {
    for (const wish of everyWish()) {
      const script = lowered(wish, place)
      const zygote = place === 'zygote' ? zygoteTable(script.situation.sentFds) : {table: callerTable(), slots: []}
      const floor = script.situation.fdFloor
      zygote.table.set(floor, {file: 'report pipe', closeOnExec: true})
      // A received descriptor never has the number of the pipe, which is lifted after they have come.
      if (zygote.slots.includes(floor)) continue
      runCalls(zygote.table, script.calls, zygote.slots)
      if (zygote.table.get(floor)?.file !== 'report pipe') expect({wish, table: [...zygote.table]}).toBe('untouched')
    }
  })
})

describe('describing descriptors', () => {
  it('says each number as a person would', () => {
    const step = {
      kind: 'descriptors',
      placements: [
        {to: 0, from: 0},
        {to: 1, from: {path: 'log', access: 'append'}},
        {to: 2, from: 1},
        {to: 3, from: 'closed'},
      ],
    } as const
    expect(descriptors.describe(step)).toBe('descriptors: 0 kept, 1 from log (append), 2 from 1, 3 closed')
  })
})
