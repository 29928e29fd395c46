import {describe, expect, it} from 'vitest'
import {UsageError} from '../../src/errors.js'
import {parseOptions, splitLine} from '../../src/exec/command-line.js'
import {execOptions} from '../../src/exec/options.js'
import type {Option} from '../../src/plan/option.js'

const words = (line: string) => (line === '' ? [] : line.split(' '))

describe('where the options end', () => {
  it.each([
    ['', '', ''],
    ['ls', '', 'ls'],
    ['ls -la --color=never /', '', 'ls -la --color=never /'],
    ['-- ls', '', 'ls'],
    ['--', '', ''],
    ['-v ls -v', '-v', 'ls -v'],
    ['-v -- -x', '-v', '-x'],
    ['ls -- -x', '', 'ls -- -x'],
    ['-- -- x', '', '-- x'],
    ['- x', '', '- x'],
    ['-C dir ls', '-C dir', 'ls'],
    ['-Cdir ls', '-Cdir', 'ls'],
    ['-iC dir ls', '-iC dir', 'ls'],
    ['-iCdir ls', '-iCdir', 'ls'],
    ['-Ci ls', '-Ci', 'ls'],
    ['-iv ls', '-iv', 'ls'],
    ['--cwd dir ls', '--cwd dir', 'ls'],
    ['--cwd=dir ls', '--cwd=dir', 'ls'],
    ['--cwd= ls', '--cwd=', 'ls'],
    ['--stdin - ls', '--stdin -', 'ls'],
    ['--argv0 -bash ls', '--argv0 -bash', 'ls'],
    ['--cwd', '--cwd', ''],
    ['--unknown ls', '--unknown', 'ls'],
    ['--verbose ls', '--verbose', 'ls'],
    ['-e A=1 -e B=2 env -u A', '-e A=1 -e B=2', 'env -u A'],
    ['-m clone --setsid -- sh -c true', '-m clone --setsid', 'sh -c true'],
  ])('cuts "%s" into "%s" and "%s"', (line, options, program) => {
    expect(splitLine(words(line), execOptions)).toEqual({options: words(options), program: words(program)})
  })

  it('keeps empty words', () => {
    expect(splitLine(['--cwd', '', 'printf', ''], execOptions)).toEqual({
      options: ['--cwd', ''],
      program: ['printf', ''],
    })
    expect(splitLine(['', 'x'], execOptions)).toEqual({options: [], program: ['', 'x']})
  })
})

describe('what the options say', () => {
  it.each<[string, Record<string, string[]>]>([
    ['', {}],
    ['-C dir', {cwd: ['dir']}],
    ['-Cdir', {cwd: ['dir']}],
    ['-iC dir', {'clear-env': [''], cwd: ['dir']}],
    ['-iCdir', {'clear-env': [''], cwd: ['dir']}],
    ['-Ci', {cwd: ['i']}],
    ['-iv', {'clear-env': [''], verbose: ['']}],
    ['--cwd dir', {cwd: ['dir']}],
    ['--cwd=dir', {cwd: ['dir']}],
    ['--cwd=', {cwd: ['']}],
    ['--cwd=-dir', {cwd: ['-dir']}],
    ['--cwd=--dir', {cwd: ['--dir']}],
    ['-C-dir', {cwd: ['-dir']}],
    ['--stdin -', {stdin: ['-']}],
    ['--env=A=b=c', {env: ['A=b=c']}],
    ['-eA=1 --env B=2 -e C=3', {env: ['A=1', 'B=2', 'C=3']}],
    ['--cwd a -C b', {cwd: ['a', 'b']}],
    ['-v --verbose', {verbose: ['', '']}],
    ['-m clone-vm', {method: ['clone-vm']}],
  ])('reads "%s"', (line, values) => {
    expect(parseOptions(words(line), execOptions)).toEqual(values)
  })

  const switches: readonly Option[] = [
    {name: 'color', negatable: true, summary: 'a switch with two sides'},
    {name: 'plain', summary: 'a switch with one'},
  ]

  it.each([
    ['--color', ['']],
    ['--no-color', ['no']],
    ['--color --no-color', ['', 'no']],
    ['--no-color --color', ['no', '']],
  ])('reads the negatable switch in "%s", the last one last', (line, values) => {
    expect(parseOptions(words(line), switches)).toEqual({color: values})
  })

  it('knows no negation of a switch that has none', () => {
    expect(() => parseOptions(['--no-plain'], switches)).toThrow('unknown option --no-plain')
  })
})

describe('what it refuses', () => {
  function refusal(line: string): UsageError {
    try {
      parseOptions(words(line), execOptions)
    } catch (error) {
      if (error instanceof UsageError) return error
      throw error
    }
    throw new Error(`"${line}" was taken`)
  }

  it.each([
    ['--methd=clone', 'unknown option --methd', 'did you mean --method?'],
    ['--metod clone', 'unknown option --metod', 'did you mean --method?'],
    ['--verbos', 'unknown option --verbos', 'did you mean --verbose?'],
    ['--sigign HUP', 'unknown option --sigign', 'did you mean --sigignore?'],
    ['--clear-evn', 'unknown option --clear-evn', 'did you mean --clear-env?'],
    ['--zzz', 'unknown option --zzz', '--help lists the options'],
    ['-z', 'unknown option -z', '--help lists the options'],
    ['-vz', 'unknown option -z', '--help lists the options'],
    ['--no-verbose', 'unknown option --no-verbose', 'did you mean --verbose?'],
    ['--cwd', '--cwd wants a value', '--cwd DIR'],
    ['-C', '--cwd wants a value', '--cwd DIR'],
    ['-vC', '--cwd wants a value', '--cwd DIR'],
    ['-e', '--env wants a value', '--env K=V'],
    ['--cwd -x', 'the value of --cwd begins with "-"', 'join the two with "=": --cwd=-…'],
    ['-C -x', 'the value of -C begins with "-"', 'join the two with "=": --cwd=-…'],
    ['--argv0 --', 'the value of --argv0 begins with "-"', 'join the two with "=": --argv0=-…'],
    ['--verbose=yes', '--verbose takes no value', '--verbose'],
    ['--setsid=1', '--setsid takes no value', '--setsid'],
    ['--method spoon', '--method does not know "spoon"', 'one of fork vfork posix_spawn clone clone-vm zygote auto'],
    ['-m Clone', '--method does not know "Clone"', 'one of fork vfork posix_spawn clone clone-vm zygote auto'],
    ['-m clone -m spoon', '--method does not know "spoon"', 'one of fork vfork posix_spawn clone clone-vm zygote auto'],
  ])('refuses "%s": %s', (line, message, next) => {
    expect(refusal(line)).toMatchObject({code: 'E_USAGE', exitCode: 125, message, next})
  })
})
