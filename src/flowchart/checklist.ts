import type {Answer, Checklist} from './chart.js'

/**
 * The way out for whoever cannot answer a question: any checked item decides it.
 * @param checked labels of items; one that is not in the list decides nothing
 */
export function answerFrom(checklist: Checklist, checked: readonly string[]): Answer {
  const decisive = checklist.items.find(item => checked.includes(item.label))
  return decisive?.answerIfChecked ?? checklist.otherwise
}
