import {fileURLToPath} from 'node:url'
import {findProgram} from '../program.js'
import {compile} from './compile.js'
import {type Language, languages} from './languages.js'
import {runTool, ToolError} from './tool.js'

/** What runs a language's program, or why nothing does, and what to try. */
export type PeerCommand =
  | {readonly state: 'ready'; readonly file: string; readonly args: readonly string[]}
  | {readonly state: 'missing'; readonly why: string; readonly next: string}

/** Shipped as it is: the same from dist/bench/peers/ and from src/bench/peers/. */
function sourcePath(file: string): string {
  return fileURLToPath(new URL(`../../../src/bench/peers/${file}`, import.meta.url))
}

async function commandOf(name: string, tool: string, {source, translation}: Language): Promise<PeerCommand> {
  const path = sourcePath(source)
  if (translation.kind === 'interpreted') {
    const file = (await runTool(tool, translation.itself)).trim()
    return {state: 'ready', file, args: [...translation.arguments, path]}
  }
  const version = (await runTool(tool, translation.version, {env: translation.env ?? {}})).trim()
  return {state: 'ready', file: await compile({name, source: path, compiler: tool, version, translation}), args: []}
}

/**
 * Finds the language, and compiles its program where that is needed.
 * @param name of `languages`
 * @throws {SpawnctlError} when it does not compile
 */
export async function peerCommand(name: string): Promise<PeerCommand> {
  const language = languages[name] as Language
  const tool = findProgram(language.tool)
  if (tool === undefined) return {state: 'missing', why: `${language.tool} is not installed`, next: language.install}
  try {
    return await commandOf(name, tool, language)
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    return {state: 'missing', why: `${tool} does not run: ${error.message}`, next: `${tool} --version`}
  }
}
