import {Chalk} from 'chalk'
import type {Style} from '../report/recommendation.js'

export {speaksUtf8} from '../report/locale.js'

/** NO_COLOR counts whatever its value; chalk itself looks at the terminal only. */
export const chalk = process.env.NO_COLOR ? new Chalk({level: 0}) : new Chalk()

export const style: Style = {heading: chalk.bold, quiet: chalk.dim, strong: chalk.green.bold}

export function columns(): number {
  return process.stdout.columns || 80
}
