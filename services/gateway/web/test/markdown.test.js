/* markdown: Markdown to HTML, also while it grows.  The sanitizer needs a document and is tested in
 * the browser (tests/e2e). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blocksOf, htmlOf } from '../src/markdown/markdown.js';

const html = (text) => htmlOf(text).trim();

test('HTML is shown as text', () => {
    assert.equal(html('a List<String> here'), '<p>a List&lt;String&gt; here</p>');
    assert.ok(!html('<script>alert(1)</script>').includes('<script'));
    assert.ok(!html('text <img src=x onerror=alert(1)>').includes('<img'));
    assert.ok(!html('<b onclick="alert(1)">x</b>').includes('<b'));
});

test('a few inline tags work', () => {
    assert.equal(html('H<sub>2</sub>O<br>next'), '<p>H<sub>2</sub>O<br>next</p>');
});

test('an image becomes a link', () => {
    const link = html('![a "disc"](https://example.org/a.png?x=1&y=2)');
    assert.equal(
        link,
        '<p><a href="https://example.org/a.png?x=1&amp;y=2">a &quot;disc&quot;</a></p>',
    );
});

test('headings are shifted below those of the page', () => {
    assert.match(html('# One\n\n## Two\n\n# Three'), /<h3>One.*<h4>Two.*<h3>Three/s);
    assert.match(html('### One\n\n###### Two\n\n# Three'), /<h3>One.*<h6>Two.*<h3>Three/s);
});

const ANSWER = `# Discs and **pads**

They **wear**, *slowly*, in \`snake_case\` and __out__; see [the _manual_](https://example.org/a_b) or
![a disc](https://example.org/d.png). It costs 3 * 4 = 12.

Signs
- one **bold \`code\` word** here
- two
  1. inner ~~gone~~
  2. more
- three
  \`\`\`
  two **stars
  \`\`\`
  and **after**

| Part | **Price** | Note |
|------|----------:|:----:|
| pad | 40 € | **new** |
| disc | 80 € | \`x\` |

> Mind the *pedal*.

\`\`\`python
print("**not bold**")  # [no](link)
\`\`\`

---

A last ***very* bold** word, H<sub>2</sub>O and a \`\`tick \` in code\`\`.`;

const shown = (text) => text.replace(/<[^>]*>/g, '').replace(/\s+/g, '');

test('blocks before the growing one stay the same', () => {
    const whole = blocksOf(ANSWER).map(({ key }) => key);

    for (let end = 1; end <= ANSWER.length; end++) {
        const keys = blocksOf(ANSWER.slice(0, end), true).map(({ key }) => key);
        assert.deepEqual(
            keys.slice(0, -1),
            whole.slice(0, Math.max(keys.length - 1, 0)),
            `cut at ${end}`,
        );
    }
});

test('the text shown of a growing answer only grows: no partial delimiter appears', () => {
    const whole = shown(htmlOf(ANSWER));

    for (let end = 1; end <= ANSWER.length; end++) {
        const early = shown(htmlOf(ANSWER.slice(0, end), true));
        assert.ok(whole.startsWith(early), `cut at ${end}: ${early.slice(-60)}`);
    }
});

test('an open delimiter takes effect at once', () => {
    const early = {
        'a **b': '<strong>b</strong>',
        'a *b': '<em>b</em>',
        'a **b *c': '<strong>b <em>c</em></strong>',
        'a `b': '<code>b</code>',
        'a **b `c': '<strong>b <code>c</code></strong>',
        'a ~~b': '<del>b</del>',
        '| a | b': '<th>b</th>',
        '- **b': '<strong>b</strong>',
        '```\nb': '<code>b',
    };

    for (const [text, shape] of Object.entries(early))
        assert.ok(htmlOf(text, true).includes(shape), `${text}: ${htmlOf(text, true)}`);
});

test('a complete text is shown unchanged, even with an open delimiter', () => {
    assert.equal(html('2 ** 3, and [so'), '<p>2 ** 3, and [so</p>');
});
