import inquirer from 'inquirer'
import {parseArgsStringToArgv} from 'string-argv'
import {type Answer, chart, type QuestionId} from '../flowchart/chart.js'
import {answerFrom} from '../flowchart/checklist.js'
import {paragraph, type Style} from '../report/recommendation.js'

type Choice = Answer | 'help'

async function helpMeDecide(question: QuestionId): Promise<Answer> {
  const {help} = chart.questions[question]
  const {checked} = await inquirer.prompt([
    {
      type: 'checkbox',
      name: 'checked',
      message: 'Which of these are true? (space checks, enter goes on; none is an answer too)',
      choices: help.items.map(({label}) => ({name: label, value: label})),
      pageSize: help.items.length,
      loop: false,
    },
  ])
  return answerFrom(help, checked as string[])
}

/** Asks one question on the terminal: what it means, why it matters, and a way out for who does not know. */
export async function ask(
  question: QuestionId,
  style: Style,
  columns: number,
  say: (text: string) => void,
): Promise<Answer> {
  const {ask: message, means, matters} = chart.questions[question]
  say(`\n${paragraph(means, columns)}\n\n${style.quiet(paragraph(matters, columns))}\n\n`)
  const {choice} = await inquirer.prompt([
    {
      type: 'select',
      name: 'choice',
      message,
      choices: [
        {name: 'yes', value: 'yes'},
        {name: 'no', value: 'no'},
        {name: 'help me decide', value: 'help'},
      ],
    },
  ])
  if ((choice as Choice) !== 'help') return choice as Answer
  const answer = await helpMeDecide(question)
  say(`${style.quiet('So the answer is')} ${style.strong(answer)}${style.quiet('.')}\n`)
  return answer
}

/** Offers to run a program now; the words typed are split as a shell would, but no shell is involved. */
export async function askForProgram(method: string): Promise<readonly string[]> {
  const {run} = await inquirer.prompt([
    {type: 'confirm', name: 'run', message: `Run a program with ${method} now?`, default: false},
  ])
  if (!run) return []
  const {line} = await inquirer.prompt([{type: 'input', name: 'line', message: 'Program and arguments:'}])
  return parseArgsStringToArgv(line as string)
}
