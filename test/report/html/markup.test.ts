import {describe, expect, it} from 'vitest'
import {html, Markup} from '../../../src/report/html/markup.js'

describe('html', () => {
  it.each([
    ['</script>', '&lt;/script&gt;'],
    ['a & b', 'a &amp; b'],
    [`"'`, '&quot;&#39;'],
    ['&lt;', '&amp;lt;'],
    ['µs ± 95 %', 'µs ± 95 %'],
    [0, '0'],
    [['<', 1, ['>']], '&lt;1&gt;'],
    [html`<b>${'<'}</b>`, '<b>&lt;</b>'],
    [[new Markup('<i></i>'), '<i>'], '<i></i>&lt;i&gt;'],
  ])('prints %j as %s', (content, printed) => {
    expect(html`<p>${content}</p>`.text).toBe(`<p>${printed}</p>`)
  })

  it('leaves dollars and backslashes of what is put in as they are', () => {
    expect(html`<p>${'$& \\u003c $1'}</p>`.text).toBe('<p>$&amp; \\u003c $1</p>')
  })
})
