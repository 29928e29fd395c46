import {describe, expect, it} from 'vitest'
import {runCli} from '../helpers/run-cli.js'

const lines = [[], ['exec'], ['recommend'], ['bench'], ['bench', 'compare'], ['doctor']]
const widths = [60, 80, 132]

async function helpOf(words: readonly string[], columns: number): Promise<string> {
  const {status, stdout, stderr} = await runCli([...words, '--help'], {env: {OCLIF_COLUMNS: `${columns}`}})
  expect({status, stderr}).toEqual({status: 0, stderr: ''})
  return stdout
}

describe('help', () => {
  it.each(widths.flatMap(columns => lines.map(words => ({words, columns}))))(
    'of $words has no line that $columns columns cannot hold',
    async ({words, columns}) => {
      const help = await helpOf(words, columns)
      expect(help.split('\n').filter(line => line.length > columns)).toEqual([])
    },
  )

  it('continues a long example as a shell reads it', async () => {
    const commands = (await helpOf(['exec'], 60)).replace(/ \\\n +/g, ' ')
    expect(commands).toMatch(
      /^ {2}\$ spawnctl exec --cwd \/tmp --umask 077 --stdout out\.log --stderr stdout make -j4$/m,
    )
  })

  it('does not break an example within quotes', async () => {
    expect(await helpOf(['doctor'], 60)).toMatch(/^ +'\.findings\[\] \| select\(\.state != "works"\)'$/m)
  })
})
