import {describe, expect, it} from 'vitest'
import {decide, openQuestion, readQuestion} from '../../dist/recommend/decision.js'
import {shellWords} from '../../src/plan/shell-words.js'

const ofDerived = 'derived' as const

describe('what a command line of recommend decides', () => {
  it('takes the plan as it stands where nobody can be asked', () => {
    const {result} = decide(readQuestion(['--', 'git', '--version'], false))
    expect(result.method).toBe('posix_spawn')
    expect(result.path).toEqual([{question: 'simple-housekeeping', answer: 'yes', source: ofDerived}])
    expect(result.command).toBe('spawnctl exec --method posix_spawn -- git --version')
  })

  it('asks about the housekeeping where somebody can be asked: no flag is no answer', () => {
    expect(openQuestion(readQuestion([], true).known)).toBe('simple-housekeeping')
    expect(openQuestion(readQuestion(['--cwd', '/tmp'], true).known)).toBe('simple-housekeeping')
  })

  it.each([
    ['--umask', '027'],
    ['--uid', '0'],
    ['--gid', '0'],
    ['--groups', 'none'],
    ['--user', 'root'],
    ['--sigignore', 'HUP'],
  ])('derives from %s that the housekeeping is not simple, and does not ask', (...words) => {
    const {known} = readQuestion(words, true)
    expect(known['simple-housekeeping']).toMatchObject({answer: 'no', source: ofDerived})
    expect(known['simple-housekeeping']?.because).toMatch(/^posix_spawn cannot do/)
    expect(openQuestion(known)).toBe('performance-critical')
  })

  it.each([
    [['--simple-housekeeping'], 'posix_spawn'],
    [['--no-simple-housekeeping', '--performance-critical', '--posix'], 'vfork'],
    [['--no-simple-housekeeping', '--performance-critical', '--no-posix'], 'clone'],
    [['--no-simple-housekeeping', '--no-performance-critical', '--single-threaded'], 'fork'],
    [['--no-simple-housekeeping', '--no-performance-critical', '--no-single-threaded', '--foolproof'], 'zygote'],
  ])('%j leads to %s, every answer from a flag', (words, method) => {
    const {result} = decide(readQuestion(words, true))
    expect(result.method).toBe(method)
    expect(result.path.map(({source}) => source)).toEqual(words.map(() => 'flag'))
  })

  it('lets the later of two flags win', () => {
    const {known} = readQuestion(['--posix', '--no-posix'], false)
    expect(known.posix).toEqual({answer: 'no', source: 'flag'})
  })

  it('names the flag that is missing', () => {
    expect(() => decide(readQuestion(['--umask', '027'], false))).toThrowError(
      expect.objectContaining({next: expect.stringContaining('--performance-critical or --no-performance-critical')}),
    )
  })

  it('refuses a flag that contradicts the plan', () => {
    expect(() => readQuestion(['--simple-housekeeping', '--umask', '027'], true)).toThrowError(
      expect.objectContaining({message: '--simple-housekeeping does not go with "umask 027"'}),
    )
  })

  it('carries the housekeeping and the program over to the command, quoted for a shell', () => {
    const words = ['--env', 'A=b c', '--clear-env', '--cwd', '/', '--', 'sh', '-c', "echo 'x'"]
    expect(decide(readQuestion(words, false)).result.command).toBe(
      `spawnctl exec --method posix_spawn --env 'A=b c' --clear-env --cwd / -- sh -c 'echo '\\''x'\\'''`,
    )
  })
})

describe('words for a shell', () => {
  it.each([
    [['a', '/b/c.d', 'K=v', '--x=1,2'], 'a /b/c.d K=v --x=1,2'],
    [['', ' ', '*', '$x', '~', '#'], "'' ' ' '*' '$x' '~' '#'"],
  ])('%j becomes %s', (words, text) => {
    expect(shellWords(words)).toBe(text)
  })
})
