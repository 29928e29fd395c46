import {readFileSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {peerCommand} from '../../../dist/bench/peers/command.js'
import {openPeers} from '../../../dist/bench/peers/open-peers.js'
import {benchProgram, findProgram} from '../../../dist/bench/program.js'
import {languages} from '../../../src/bench/peers/languages.js'
import type {BenchProgram} from '../../../src/bench/program.js'
import {noBallast} from '../../helpers/fake-runner.js'
import {has} from '../../helpers/needs.js'
import {checkRunner, expectTruth, memoryOf, withRunner} from '../../helpers/runner-check.js'
import {trace} from '../../helpers/strace.js'

const MiB = 2 ** 20
const memoryBytes = 64 * MiB

function kernelGivesHugePages(): boolean {
  try {
    return !readFileSync('/sys/kernel/mm/transparent_hugepage/enabled', 'utf8').includes('[never]')
  } catch {
    return false
  }
}

/** By the first word of what it says; Ruby, and Python by its version, have two ways. */
const waysOf: Readonly<Record<string, RegExp>> = {
  rust: /^done posix_spawn \(rustc \S+\)$/m,
  python3: /^done v?fork \(\w+ \S+\)$/m,
  go: /^done clone \(go\S+\)$/m,
  perl: /^done fork \(perl \S+\)$/m,
  ruby: /^done v?fork \(ruby \S+\)$/m,
}

for (const [name, {tool, hugePages}] of Object.entries(languages))
  describe.skipIf(findProgram(tool) === undefined)(`the ${name} runner # needs ${tool}`, () => {
    const open = async (program: BenchProgram) => (await openPeers([name], program)).runners[0]!

    checkRunner(open, [name])

    it.skipIf(!has.strace)('says which system call creates the children # needs strace', async () => {
      const command = await peerCommand(name)
      if (command.state !== 'ready') throw new Error(command.why)
      const traced = trace([command.file, ...command.args, '/bin/true'], `run ${name} 2\n`)
      expectTruth(traced, '/bin/true')
      expect(traced.stdout).toMatch(waysOf[name]!)
    })

    if (hugePages === 'takes') return
    it.skipIf(!kernelGivesHugePages())('asks for huge pages # needs a kernel that gives them', async () => {
      await withRunner(open, benchProgram(['/bin/true']), async runner => {
        await runner.carry({...noBallast, memoryBytes, thp: 'always'})
        expect(memoryOf(runner, 'AnonHugePages')).toBeGreaterThan(memoryBytes / 2)
      })
    })
  })
