/* What the page promises everyone: keyboard, small screens, both themes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findings } from './axe.js';
import { answerWith, ask, DESKTOP, PHONE, QUESTION, screenshot, type, useBrowser } from './browser.js';

const openPage = useBrowser();

const RICH = '# Pads\n\n| part | mm |\n|---|---|\n| pad | 3 |\n\n```python\nwear = 3  # mm\n```\n\n1. Look\n2. Measure `it`\n\n> Slowly. [More](https://example.org/)';
const HITS = { hits: [{ conversation_id: 'c', title: 'Brakes', turn_id: 't', seq: 1, role: 'user', at: '2026-01-01T00:00:00.000Z', snippet: ['My ', 'brake', ' squeals'] }], more: 'x' };

test('it works by keyboard', async () => {
    const { page } = await openPage();
    const focused = () => page.evaluate(() => document.activeElement.id);

    assert.equal(await focused(), 'box');
    await page.keyboard.type('one');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('two');
    assert.equal(await page.inputValue('#box'), 'one\ntwo');
    assert.equal(await page.locator('.turn').count(), 0);

    await page.focus('#open-settings');
    await page.keyboard.press('Enter');
    assert.ok(await page.isVisible('#settings'));
    assert.ok(await page.evaluate(() => document.activeElement.closest('#settings') !== null));
    await page.keyboard.press('Escape');
    assert.ok(await page.isHidden('#settings'));
    assert.equal(await focused(), 'open-settings');

    await page.reload();
    assert.equal(await page.inputValue('#box'), 'one\ntwo', 'the draft is still there');
});

test('Tab goes through the page in the order in which it is read', async () => {
    const { page } = await openPage();
    const seen = ['skip'];

    await page.click('#first-visit button');
    await page.focus('.skip');
    for (let i = 0; i < 11; i++) {
        await page.keyboard.press('Tab');
        seen.push(await page.evaluate(() => document.activeElement.id || document.activeElement.className));
    }
    assert.deepEqual(seen.filter((name) => !name.startsWith('btn')), [
        'skip', 'close-chats', 'new-chat', 'search', 'import-chat', 'open-help', 'open-settings', 'box',
    ]);
});

test('the focus comes back from every dialog', async () => {
    const { page } = await openPage();

    for (const opener of ['open-settings', 'open-help']) {
        await page.click(`#${opener}`);
        await page.waitForSelector('dialog[open]');
        await page.keyboard.press('Tab');
        assert.ok(await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest('dialog') !== null), `${opener}: nothing behind it`);
        await page.keyboard.press('Escape');
        assert.equal(await page.evaluate(() => document.activeElement.id), opener);
    }
});

test('what happens is read out', async () => {
    const { page } = await openPage();

    await page.evaluate(() => {
        window.said = [];
        const status = document.getElementById('status');
        new MutationObserver(() => window.said.push(status.textContent)).observe(status, { childList: true, characterData: true, subtree: true });
    });
    await answerWith(page, [['started', { turn_id: 't', model: 'm' }], ['delta', { text: 'Once a year.' }], ['done', { status: 'committed', model: 'm' }]]);
    await ask(page, QUESTION);
    await page.waitForFunction(() => window.said.join(' ').includes('Once a year.'));
    assert.equal(await page.getAttribute('#status', 'role'), 'status');
});

test('who wants no motion gets none', async () => {
    const { page } = await openPage({ ...PHONE, reducedMotion: 'reduce' });
    const moving = () => page.evaluate(() => document.getAnimations().length);

    await page.click('#open-chats');
    assert.equal(await moving(), 0);
    await page.keyboard.press('Escape');
    await page.route('**/chat', () => {}, { times: 1 }); /* never answered: it waits */
    await type(page, QUESTION);
    await page.waitForSelector('.turn .dots');
    assert.equal(await moving(), 0);
});

for (const [name, viewport] of Object.entries({
    'a phone of 320 pixels': { width: 320, height: 568 },
    'a tablet': { width: 768, height: 1024 },
    'a laptop at 200 %': { width: 640, height: 400 },
    'a wide screen': { width: 2560, height: 1440 },
}))
    test(`nothing has to be scrolled sideways on ${name}`, async () => {
        const { page } = await openPage({ viewport });

        assert.equal(await overflow(page), 0);
        await answerWith(page, [['delta', { text: RICH }], ['done', { status: 'committed', model: 'm' }]]);
        await ask(page, `${QUESTION} ${'w'.repeat(80)}`);
        assert.equal(await overflow(page), 0);
        assert.ok(await page.evaluate(() => document.querySelector('.prose').clientWidth <= 800), 'lines stay readable');
        await page.click('#open-settings');
        assert.equal(await overflow(page), 0);
        const save = await page.locator('#settings button[type="submit"]').boundingBox();
        assert.ok(save.y + save.height <= viewport.height, 'its end is within reach');
    });

test('without JavaScript a sentence says what is needed', async () => {
    const { page } = await openPage({ ...DESKTOP, javaScriptEnabled: false });

    assert.match(await page.innerText('main'), /needs JavaScript.*braucht JavaScript/s);
    assert.ok(await page.isHidden('#box'));
    await screenshot(page, 'no-script');
});

test('no word of the list of keys is cut off on a small phone, and all can be reached on a flat screen', async () => {
    const { page } = await openPage({ viewport: { width: 320, height: 256 }, locale: 'de-DE' });

    await page.click('#open-help');
    const { width, inside, height, bottom } = await page.locator('#help .sheet').evaluate((sheet) => ({
        width: sheet.clientWidth, inside: sheet.scrollWidth, height: sheet.clientHeight, bottom: sheet.getBoundingClientRect().bottom,
    }));
    assert.equal(inside, width);
    assert.ok(height > 50 && bottom <= 256, `its ${height} pixels end at ${bottom}`);
});

test('it fits a small phone', async () => {
    const { page } = await openPage(PHONE);
    assert.equal(await overflow(page), 0);
    await screenshot(page, 'welcome-phone');
    await answerWith(page, [
        ['delta', { text: `${'long'.repeat(40)}\n\n| a | b |\n|---|---|\n| ${'wide '.repeat(30)} | ${'x'.repeat(90)} |\n\n` }],
        ['delta', { text: `\`\`\`\n${'code '.repeat(40)}\n\`\`\`\n` }],
        ['error', { code: 'upstream_error', message: 'The provider said no.', retryable: true }],
    ]);
    await ask(page, `${QUESTION} ${'w'.repeat(60)}`);
    assert.equal(await overflow(page), 0);
    await page.waitForFunction(() => {
        const bottom = (selector) => document.querySelector(selector).getBoundingClientRect().bottom;
        const top = document.querySelector('.composer').getBoundingClientRect().top;
        return bottom('.turn .alert') <= top; /* the box has grown, but not over the reason */
    });
    await screenshot(page, 'failed-phone');
    await page.click('#open-settings');
    assert.equal(await overflow(page), 0);
    await screenshot(page, 'settings-phone');
});

/* How far the page can be scrolled sideways. */
const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/* What can be pressed and is smaller than 24 pixels; a link within a sentence may be, and what has a label
 * is as large as both. */
function tooSmall(page) {
    return page.locator('button, input:not([type="file"]), select, textarea, summary, [role="menuitem"], [role="option"]').evaluateAll((all) =>
        all.filter((element) => element.checkVisibility({ visibilityProperty: true }))
            .map((element) => [element, ...(element.labels ?? [])].map((one) => one.getBoundingClientRect()))
            .filter((boxes) => boxes.every(({ width, height }) => width < 24 || height < 24))
            .map(([box]) => `${box.width} x ${box.height} at ${box.x}, ${box.y}`));
}

/* Each state of the page, one after the other: [name, how to come there]. */
const STATES = [
    ['empty', async () => {}],
    ['streaming', async (page) => {
        await type(page, QUESTION);
        await page.waitForSelector('.turn[data-phase="writing"]');
    }],
    ['talk', async (page) => {
        await page.click('#stop');
        await page.waitForSelector('.turn[data-phase="done"]');
        await answerWith(page, [['delta', { text: RICH }], ['done', { status: 'committed', model: 'm' }]]);
        await ask(page, 'Brakes: a table and code, please.');
    }],
    ['failed', async (page) => {
        await answerWith(page, [['delta', { text: RICH }], ['error', { code: 'upstream_cut', message: 'It broke off.', retryable: true }]]);
        await ask(page, QUESTION);
        await page.waitForSelector('.turn:last-of-type .hljs-comment');
    }],
    ['settings', async (page) => {
        await page.click('#open-settings');
        await page.click('#usage summary');
        await page.waitForSelector('#usage .table-frame:not([hidden])');
    }],
    ['models', async (page) => {
        await page.click('#model');
        await page.waitForSelector('#models [role="option"]');
        await page.keyboard.press('ArrowDown');
    }],
    ['confirm', async (page) => {
        await page.keyboard.press('Escape');
        await page.click('#clear-all');
        await page.waitForSelector('#confirm[open]');
    }],
    ['help', async (page) => {
        await page.keyboard.press('Escape');
        await page.keyboard.press('Escape');
        await page.click('#open-help');
        await page.waitForSelector('#help[open]');
    }],
    ['chats', async (page) => {
        await page.keyboard.press('Escape');
        if (await page.isVisible('#open-chats'))
            await page.click('#open-chats');
        await page.waitForSelector('.chat');
    }],
    ['menu', async (page) => {
        await page.hover('.chat');
        await page.click('.chat-more');
        await page.waitForSelector('#chat-menu:popover-open');
    }],
    ['rename', async (page) => {
        await page.click('#chat-menu [role="menuitem"]');
        await page.waitForSelector('.chat-rename input');
    }],
    ['search', async (page) => {
        await page.keyboard.press('Escape');
        await page.route('**/search*', (route) => route.fulfill({ json: HITS }));
        await page.fill('#search', 'brake');
        await page.waitForSelector('.hit');
    }],
];
for (const [size, options] of Object.entries({ desktop: DESKTOP, phone: PHONE }))
    test(`axe finds nothing in any state, in both themes (${size})`, { timeout: 120_000 }, async () => {
        const { page, complaints } = await openPage(options);

        for (const [name, reach] of STATES) {
            await reach(page);
            assert.deepEqual(await findings(page), [], name);
            assert.deepEqual(await tooSmall(page), [], name);
            assert.equal(await overflow(page), 0, name);
        }
        assert.deepEqual(complaints, []);
    });
