import {execFile} from 'node:child_process'

/** Words of a compiler or an interpreter that ended badly. */
export class ToolError extends Error {}

/**
 * Runs it to the end.
 * @returns what it printed
 * @throws {ToolError}
 */
export function runTool(
  file: string,
  args: readonly string[],
  {cwd, env = {}}: {cwd?: string; env?: Readonly<Record<string, string>>} = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {encoding: 'utf8', env: {...process.env, ...env}, ...(cwd !== undefined && {cwd})} as const
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new ToolError(stderr.trim() || stdout.trim() || error.message))
    })
  })
}
