/* Answers: how they grow, and what the user can do with them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
    answerWith,
    ask,
    askBriefly,
    endAnswer,
    feedAnswer,
    PHONE,
    QUESTION,
    screenshot,
    type,
    useBrowser,
} from './browser.js';

const openPage = useBrowser();
const CODE = '# Reads a fault code\ndef read(port):\n    return port.query("03")';
const MARKS = [
    'Discs **wear**, slowly; see `DOT 4`.',
    '| Part | Price | Note |\n|---|--:|---|\n| Pads | 40 € | both sides, with a sensor |',
    '1. Lift the car\n2. Take the **wheel** off',
    `\`\`\`python\n${CODE}\n\`\`\``,
    'That is *all*.',
].join('\n\n');
const DONE = {
    status: 'committed',
    model: 'a/model',
    usage: { prompt_tokens: 1200, completion_tokens: 34, cost: 0.0021 },
};
const whole = (text) => [
    ['started', { model: 'a/model' }],
    ['delta', { text }],
    ['done', DONE],
];

test('Markdown grows without partial delimiters, and complete blocks are kept', async () => {
    const { page, complaints } = await openPage();
    const feed = await feedAnswer(page);

    await type(page, QUESTION);
    await feed('started', { model: 'a/model' });
    await page.evaluate(() => {
        window.seen = [];
        new MutationObserver(() =>
            window.seen.push(document.querySelector('.answer-body').textContent),
        ).observe(document.querySelector('.answer-body'), {
            childList: true,
            subtree: true,
            characterData: true,
        });
    });
    for (let at = 0; at < MARKS.length; at += 3) {
        await feed('delta', { text: MARKS.slice(at, at + 3) });
        await page.evaluate(
            () => new Promise(requestAnimationFrame),
        ); /* drawn at most once per frame */
        if (at === 60)
            await page.evaluate(() => (document.querySelector('.answer-body p').mark = true));
    }
    await feed('done', DONE);
    await page.waitForSelector('.turn[data-phase="done"]');

    const seen = await page.evaluate(() => window.seen);
    assert.ok(seen.length > 20, 'it was drawn as it arrived');
    for (const text of seen) assert.doesNotMatch(text, /\*|``|\|/);
    assert.ok(
        await page.evaluate(() => document.querySelector('.answer-body p').mark),
        'the first block is still the same node',
    );
    assert.deepEqual(await page.locator('.answer-body td').allTextContents(), [
        'Pads',
        '40 €',
        'both sides, with a sensor',
    ]);
    assert.equal(await page.locator('.answer-body ol li').count(), 2);
    assert.match(await page.textContent('.answer-details'), /a\/model · 1,234 tokens · \$0\.0021/);
    assert.deepEqual(complaints, []);
});

test('open delimiters of a stopped answer are closed', async () => {
    const { page } = await openPage();

    await answerWith(page, [
        ['delta', { text: 'Signs:\n\n1. **Check the eng' }],
        ['done', { status: 'stopped', model: 'a/model' }],
    ]);
    await ask(page, QUESTION);
    assert.equal(await page.textContent('.answer-body li'), 'Check the eng');
    assert.equal(await page.textContent('.answer-body li strong'), 'Check the eng');
});

test('a list continues after other content, and table columns are aligned', async () => {
    const { page } = await openPage();

    await answerWith(
        page,
        whole(
            '1. Look\n\n```\nit\n```\n\n2. Measure\n\n| Part | Price |\n|---|--:|\n| Pads | 40 € |',
        ),
    );
    await ask(page, QUESTION);
    assert.equal(await page.getAttribute('.answer-body ol:last-of-type', 'start'), '2');
    assert.equal(
        await page
            .locator('.answer-body td:last-child')
            .evaluate((cell) => getComputedStyle(cell).textAlign),
        'end',
    );
});

test('code is highlighted and can be copied, and so can the answer', async () => {
    const { page, context } = await openPage();

    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await answerWith(page, whole(MARKS));
    await ask(page, QUESTION);
    await page.waitForSelector('.code .hljs-keyword');
    assert.equal(await page.textContent('.code-head span'), 'python');
    await screenshot(page, 'code-light');

    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    await page.click('.code-head button');
    await page.waitForSelector('.code-head button[aria-label="Copied"]');
    assert.equal(await clipboard(), CODE);
    await page.click('.answer-actions button[aria-label="Copy answer"]');
    await page.waitForSelector('.answer-actions button[aria-label="Copied"]');
    assert.equal(await clipboard(), MARKS);
});

test('the highlighter is loaded only when there is code', async () => {
    const { page } = await openPage();
    const fetched = () =>
        page.evaluate(
            () =>
                performance
                    .getEntriesByType('resource')
                    .filter(({ name }) => name.includes('highlighter')).length,
        );

    await answerWith(page, whole('No code.'));
    await ask(page, QUESTION);
    assert.equal(await fetched(), 0);
    await answerWith(page, whole(MARKS));
    await ask(page, QUESTION);
    await page.waitForSelector('.hljs-keyword');
    assert.equal(await fetched(), 1);
});

test('a wide table scrolls in its own frame on a phone', async () => {
    const { page } = await openPage(PHONE);
    const row = `|${' a rather wide cell |'.repeat(6)}\n`;

    await answerWith(page, whole(`${row}|${'---|'.repeat(6)}\n${row}`));
    await ask(page, QUESTION);
    const [frame, table] = await page.evaluate(() =>
        ['.table-frame', '.table-frame table'].map(
            (selector) => document.querySelector(selector).offsetWidth,
        ),
    );
    assert.ok(table > frame && frame <= PHONE.viewport.width);
    assert.equal(
        await page.evaluate(() => document.documentElement.scrollWidth),
        PHONE.viewport.width,
    );
});

test('the page shows what a turn is waiting for, with a countdown', async () => {
    const { page } = await openPage();
    const feed = await feedAnswer(page);
    const waiting = (text) =>
        page.waitForFunction(
            (words) => document.querySelector('.waiting-text').textContent.includes(words),
            text,
        );

    await type(page, QUESTION);
    await feed('queued', { position: 3 });
    await waiting('position 3');
    assert.ok(await page.isVisible('.dots'));
    await feed('waiting', { retry_after: 30 });
    await waiting('Retrying in 30 s');
    await waiting('Retrying in 28 s');
    await feed('started', { model: 'a/model' });
    await waiting('Thinking');
    await feed('delta', { text: 'Now.' });
    await page.waitForSelector('.waiting', { state: 'hidden' });
});

test('screen readers get the answer by paragraphs', async () => {
    const { page } = await openPage();
    const feed = await feedAnswer(page);

    await page.evaluate(() => {
        window.announced = [];
        new MutationObserver(() =>
            window.announced.push(document.getElementById('status').textContent),
        ).observe(document.getElementById('status'), { childList: true });
    });
    await type(page, QUESTION);
    await feed('started', { model: 'a/model' });
    for (const text of ['One ', 'two', '.\n\n', 'Three ', 'four.']) await feed('delta', { text });
    await feed('done', DONE);
    await page.waitForSelector('.turn[data-phase="done"]');
    assert.deepEqual(await page.evaluate(() => window.announced), [
        'Checking your message',
        'Thinking',
        'Writing',
        'One two.',
        'Three four. The answer is complete.',
    ]);
});

test('an edited message becomes an alternative; both survive a reload', async () => {
    const { page, complaints } = await openPage();
    const other = 'How often does the gearbox oil need changing?';
    const questions = () => page.locator('.question').allTextContents();

    await askBriefly(page, QUESTION);
    await askBriefly(page, 'And how much are new brake pads?');
    await page.click('.turn:first-of-type [aria-label="Edit message"]');
    assert.equal(await page.inputValue('#box'), QUESTION);
    assert.ok(await page.isVisible('#editing'));
    await askBriefly(page, other);
    assert.deepEqual(await questions(), [other]);
    assert.ok(await page.isHidden('#editing'));

    await page.waitForSelector('.alternatives-position:text-is("2/2")');
    await screenshot(page, 'branch-light');
    await page.click('[aria-label="Previous version"]');
    await page.waitForSelector('.alternatives-position:text-is("1/2")');
    assert.deepEqual(await questions(), [QUESTION, 'And how much are new brake pads?']);

    await page.reload();
    await page.waitForSelector('.alternatives-position:text-is("1/2")');
    await page.click('[aria-label="Next version"]');
    await page.waitForSelector('.alternatives-position:text-is("2/2")');
    assert.deepEqual(await questions(), [other]);
    assert.deepEqual(complaints, []);
});

test('a regenerated answer is an alternative', async () => {
    const { page } = await openPage();

    await askBriefly(page, QUESTION);
    await page.click('[aria-label="Regenerate answer"]');
    assert.equal(
        await page.evaluate(() => document.activeElement.id),
        'box',
        'the button is gone, the focus moves on',
    );
    await page.waitForSelector('.turn[data-phase="writing"]');
    await endAnswer(page);
    await page.waitForSelector('.alternatives-position:text-is("2/2")');
    assert.deepEqual(await page.locator('.question').allTextContents(), [QUESTION]);
});

test('a rating is stored and can be removed', async () => {
    const { page } = await openPage();
    const good = '[aria-label="Good answer"]';

    await askBriefly(page, QUESTION);
    const kept = page.waitForResponse('**/feedback');
    await page.click(good);
    await page.waitForSelector(`${good}[aria-pressed="true"]`);
    assert.ok(
        await page.evaluate(
            () => document.activeElement.getAttribute('aria-label') === 'Good answer',
        ),
        'the focus stays',
    );
    await kept;
    await page.reload();
    await page.waitForSelector(`${good}[aria-pressed="true"]`);
    await page.click(good);
    await page.waitForSelector(`${good}[aria-pressed="false"]`);
});

test('keyboard shortcuts: edit, stop, search, help', async () => {
    const { page } = await openPage();

    const stops = [];

    await askBriefly(page, 'How often does the engine oil need changing?');
    page.on('request', (request) => request.url().endsWith('/chat/stop') && stops.push(request));
    await type(page, QUESTION);
    await page.waitForSelector('.turn[data-phase="writing"]');
    await page.click('.conversation-more');
    await page.keyboard.press('Escape');
    await page.waitForSelector('#conversation-menu', { state: 'hidden' });
    await page.fill('#search', 'oil');
    await page.keyboard.press('Escape');
    assert.deepEqual(
        [stops.length, await page.inputValue('#search')],
        [0, ''],
        'the menu and the search handle Escape themselves',
    );
    await page.focus('#box');
    await page.keyboard.press('Escape');
    await page.waitForSelector('.turn:last-of-type[data-phase="done"]');
    await page.waitForSelector('.turn:last-of-type [aria-label="Edit message"]');

    await page.press('#box', 'ArrowUp');
    assert.equal(await page.inputValue('#box'), QUESTION);
    await page.keyboard.press('Escape');
    assert.equal(await page.inputValue('#box'), '');

    await page.keyboard.type('?');
    assert.ok(await page.isHidden('#shortcuts'), 'in the box it is a question mark');
    await page.focus('#open-shortcuts');
    await page.keyboard.press('?');
    assert.ok(await page.isVisible('#shortcuts'));
    await screenshot(page, 'help-light');
    await page.keyboard.press('Escape');
    assert.ok(await page.isHidden('#shortcuts'));
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'box');
});

test('after scrolling up, a button leads back to the end', async () => {
    const { page } = await openPage();

    await answerWith(page, whole('A line.\n\n'.repeat(80)));
    await ask(page, QUESTION);
    await page.waitForFunction(() => window.scrollY > 100);
    assert.ok(await page.isHidden('#to-end'));
    await page.mouse.move(600, 300);
    await page.mouse.wheel(0, -1500);
    await page.click('#to-end');
    await page.waitForSelector('#to-end', { state: 'hidden' });
    assert.ok(
        await page.evaluate(() => {
            const { scrollHeight, scrollTop, clientHeight } = document.documentElement;
            return scrollHeight - scrollTop - clientHeight < 40;
        }),
    );
});
