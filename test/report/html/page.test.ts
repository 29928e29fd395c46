import {createHash} from 'node:crypto'
import {describe, expect, it} from 'vitest'
import {html} from '../../../src/report/html/markup.js'
import {page} from '../../../src/report/html/page.js'

const data = {program: '</script><script>alert(1)</script><!--', quote: `"'&`, line: '\u2028'}
const text = page('<title> & "title"', html`<h1>x</h1>`, JSON.stringify(data))

function inside(tag: string): string[] {
  return Array.from(text.matchAll(new RegExp(`<${tag}[^>]*>(.*?)</${tag}>`, 'gs')), ([, body]) => body!)
}

describe('a page', () => {
  it('allows nothing but its own style and its own script', () => {
    const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(text)!
    const hash = (body: string) => `&#39;sha256-${createHash('sha256').update(body).digest('base64')}&#39;`
    const [style] = inside('style')
    const [, script] = inside('script')
    expect(policy!.split('; ')).toEqual([
      'default-src &#39;none&#39;',
      `style-src ${hash(style!)}`,
      `script-src ${hash(script!)}`,
      'base-uri &#39;none&#39;',
      'form-action &#39;none&#39;',
    ])
  })

  it('carries its data where they cannot end the script that holds them', () => {
    expect(inside('script')).toHaveLength(2)
    expect(JSON.parse(inside('script')[0]!)).toEqual(data)
    expect(inside('script')[0]).not.toContain('<')
  })

  it('escapes its title', () => {
    expect(inside('title')).toEqual(['&lt;title&gt; &amp; &quot;title&quot;'])
  })

  it('names no place in a network', () => {
    expect(text).not.toMatch(/(?:src|href)="|url\(|@import|https?:/)
  })
})
