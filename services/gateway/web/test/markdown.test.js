/* What markdown promises.  That nothing unsafe gets through is shown in the browser (tests/e2e), where
 * the sanitizer has a document to work on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { htmlBlocks } from '../src/markdown.js';

const html = (text) => htmlBlocks(text).join('').trim();

test('what looks like HTML is shown as it was typed', () => {
    assert.equal(html('a List<String> here'), '<p>a List&lt;String&gt; here</p>');
    assert.ok(!html('<script>alert(1)</script>').includes('<script'));
    assert.ok(!html('text <img src=x onerror=alert(1)>').includes('<img'));
    assert.ok(!html('<b onclick="alert(1)">x</b>').includes('<b'));
});

test('a few plain marks work', () => {
    assert.equal(html('H<sub>2</sub>O<br>next'), '<p>H<sub>2</sub>O<br>next</p>');
});

test('a picture is a link to it', () => {
    const link = html('![a "disc"](https://example.org/a.png?x=1&y=2)');
    assert.equal(link, '<p><a href="https://example.org/a.png?x=1&amp;y=2">a &quot;disc&quot;</a></p>');
});

test('headings begin below those of the page', () => {
    assert.match(html('# One\n\n## Two\n\n# Three'), /<h3>One.*<h4>Two.*<h3>Three/s);
    assert.match(html('### One\n\n###### Two\n\n# Three'), /<h3>One.*<h6>Two.*<h3>Three/s);
});

test('blocks above the growing end stay the same', () => {
    const text = '# Discs\n\nThey **wear**.\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nEnd.';
    const whole = htmlBlocks(text);

    for (let end = 1; end <= text.length; end++) {
        const blocks = htmlBlocks(text.slice(0, end));
        assert.deepEqual(blocks.slice(0, -1), whole.slice(0, blocks.length - 1), `cut at ${end}`);
    }
});
