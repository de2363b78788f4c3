/* Accessibility: keyboard, screen readers, small screens, both themes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findings } from './axe.js';
import {
    answerWith,
    ask,
    DESKTOP,
    endAnswer,
    PHONE,
    QUESTION,
    screenshot,
    type,
    useBrowser,
} from './browser.js';

const openPage = useBrowser();

const RICH = [
    '# Pads',
    '| part | mm |\n|---|---|\n| pad | 3 |',
    '```python\nwear = 3  # mm\n```',
    '1. Look\n2. Measure `it`',
    '> Slowly. [More](https://example.org/)',
].join('\n\n');
const HITS = {
    hits: [
        {
            conversation_id: 'c',
            title: 'Brakes',
            turn_id: 't',
            seq: 1,
            role: 'user',
            at: '2026-01-01T00:00:00.000Z',
            snippet: ['My ', 'brake', ' squeals'],
        },
    ],
    more: 'x',
};

test('the page works by keyboard', async () => {
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
    assert.equal(await page.inputValue('#box'), 'one\ntwo', 'the draft is restored');
});

test('Tab follows the reading order', async () => {
    const { page } = await openPage();
    const seen = ['skip'];

    await page.click('#introduction button');
    await page.focus('.skip');
    for (let i = 0; i < 11; i++) {
        await page.keyboard.press('Tab');
        seen.push(
            await page.evaluate(
                () => document.activeElement.id || document.activeElement.className,
            ),
        );
    }
    assert.deepEqual(
        seen.filter((name) => !name.startsWith('btn')),
        [
            'skip',
            'close-conversations',
            'new-conversation',
            'search',
            'import-conversation',
            'open-shortcuts',
            'open-settings',
            'box',
        ],
    );
});

test('every dialog restores the focus', async () => {
    const { page } = await openPage();

    for (const opener of ['open-settings', 'open-shortcuts']) {
        await page.click(`#${opener}`);
        await page.waitForSelector('dialog[open]');
        await page.keyboard.press('Tab');
        assert.ok(
            await page.evaluate(
                () =>
                    document.activeElement === document.body ||
                    document.activeElement.closest('dialog') !== null,
            ),
            `${opener}: the focus stays inside`,
        );
        await page.keyboard.press('Escape');
        assert.equal(await page.evaluate(() => document.activeElement.id), opener);
    }
});

test('answers are announced to screen readers', async () => {
    const { page } = await openPage();

    await page.evaluate(() => {
        window.announced = [];
        const status = document.getElementById('status');
        new MutationObserver(() => window.announced.push(status.textContent)).observe(status, {
            childList: true,
            characterData: true,
            subtree: true,
        });
    });
    await answerWith(page, [
        ['started', { turn_id: 't', model: 'm' }],
        ['delta', { text: 'Once a year.' }],
        ['done', { status: 'committed', model: 'm' }],
    ]);
    await ask(page, QUESTION);
    await page.waitForFunction(() => window.announced.join(' ').includes('Once a year.'));
    assert.equal(await page.getAttribute('#status', 'role'), 'status');
});

test('reduced motion is respected', async () => {
    const { page } = await openPage({ ...PHONE, reducedMotion: 'reduce' });
    const moving = () => page.evaluate(() => document.getAnimations().length);

    await page.click('#open-conversations');
    assert.equal(await moving(), 0);
    await page.keyboard.press('Escape');
    await page.route('**/chat', () => {}, { times: 1 }); /* never answered */
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
    test(`nothing overflows horizontally on ${name}`, async () => {
        const { page } = await openPage({ viewport });

        assert.equal(await overflow(page), 0);
        await answerWith(page, [
            ['delta', { text: RICH }],
            ['done', { status: 'committed', model: 'm' }],
        ]);
        await ask(page, `${QUESTION} ${'w'.repeat(80)}`);
        assert.equal(await overflow(page), 0);
        assert.ok(
            await page.evaluate(() => document.querySelector('.answer-body').clientWidth <= 800),
            'lines stay readable',
        );
        await page.click('#open-settings');
        assert.equal(await overflow(page), 0);
        const save = await page.locator('#settings button[type="submit"]').boundingBox();
        assert.ok(save.y + save.height <= viewport.height, 'its end is on the screen');
    });

test('without JavaScript the page says that it is needed', async () => {
    const { page } = await openPage({ ...DESKTOP, javaScriptEnabled: false });

    assert.match(await page.innerText('main'), /needs JavaScript.*benötigt JavaScript/s);
    assert.ok(await page.isHidden('#box'));
    await screenshot(page, 'no-script');
});

test('the list of shortcuts fits on a small phone and scrolls on a low screen', async () => {
    const { page } = await openPage({ viewport: { width: 320, height: 256 }, locale: 'de-DE' });

    await page.click('#open-shortcuts');
    const { width, inside, height, bottom } = await page
        .locator('#shortcuts .dialog-body')
        .evaluate((body) => ({
            width: body.clientWidth,
            inside: body.scrollWidth,
            height: body.clientHeight,
            bottom: body.getBoundingClientRect().bottom,
        }));
    assert.equal(inside, width);
    assert.ok(height > 50 && bottom <= 256, `its ${height} pixels end at ${bottom}`);
});

test('the page fits on a small phone', async () => {
    const { page } = await openPage(PHONE);
    assert.equal(await overflow(page), 0);
    await screenshot(page, 'welcome-phone');
    await answerWith(page, [
        [
            'delta',
            {
                text:
                    `${'long'.repeat(40)}\n\n| a | b |\n|---|---|\n` +
                    `| ${'wide '.repeat(30)} | ${'x'.repeat(90)} |\n\n`,
            },
        ],
        ['delta', { text: `\`\`\`\n${'code '.repeat(40)}\n\`\`\`\n` }],
        ['error', { code: 'upstream_error', message: 'The provider said no.', retryable: true }],
    ]);
    await ask(page, `${QUESTION} ${'w'.repeat(60)}`);
    assert.equal(await overflow(page), 0);
    await page.waitForFunction(() => {
        const bottom = (selector) =>
            document.querySelector(selector).getBoundingClientRect().bottom;
        const top = document.querySelector('.composer').getBoundingClientRect().top;
        return (
            bottom('.turn .alert') <= top
        ); /* the box has grown, but does not cover the message */
    });
    await screenshot(page, 'failed-phone');
    await page.click('#open-settings');
    assert.equal(await overflow(page), 0);
    await screenshot(page, 'settings-phone');
});

/* How far the page can be scrolled horizontally. */
const overflow = (page) =>
    page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );

const CONTROLS =
    'button, input:not([type="file"]), select, textarea, summary, ' +
    '[role="menuitem"], [role="option"]';

/* Controls smaller than 24 pixels, counting their labels; links in a text may be smaller. */
function tooSmall(page) {
    return page.locator(CONTROLS).evaluateAll((all) =>
        all
            .filter((element) => element.checkVisibility({ visibilityProperty: true }))
            .map((element) =>
                [element, ...(element.labels ?? [])].map((one) => one.getBoundingClientRect()),
            )
            .filter((boxes) => boxes.every(({ width, height }) => width < 24 || height < 24))
            .map(([box]) => `${box.width} x ${box.height} at ${box.x}, ${box.y}`),
    );
}

/* States of the page, in order: [name, how to get there from the one before]. */
const STATES = [
    ['empty', async () => {}],
    [
        'streaming',
        async (page) => {
            await type(page, QUESTION);
            await page.waitForSelector('.turn[data-phase="writing"]');
        },
    ],
    [
        'answer',
        async (page) => {
            await endAnswer(page);
            await page.waitForSelector('.turn[data-phase="done"]');
            await answerWith(page, [
                ['delta', { text: RICH }],
                ['done', { status: 'committed', model: 'm' }],
            ]);
            await ask(page, 'Brakes: a table and code, please.');
        },
    ],
    [
        'failed',
        async (page) => {
            await answerWith(page, [
                ['delta', { text: RICH }],
                [
                    'error',
                    { code: 'upstream_truncated', message: 'It broke off.', retryable: true },
                ],
            ]);
            await ask(page, QUESTION);
            await page.waitForSelector('.turn:last-of-type .hljs-comment');
        },
    ],
    [
        'settings',
        async (page) => {
            await page.click('#open-settings');
            await page.click('#usage summary');
            await page.waitForSelector('#usage .table-frame:not([hidden])');
        },
    ],
    [
        'models',
        async (page) => {
            await page.click('#model');
            await page.waitForSelector('#models [role="option"]');
            await page.keyboard.press('ArrowDown');
        },
    ],
    [
        'confirm',
        async (page) => {
            await page.keyboard.press('Escape');
            await page.click('#clear-all');
            await page.waitForSelector('#confirm[open]');
        },
    ],
    [
        'shortcuts',
        async (page) => {
            await page.keyboard.press('Escape');
            await page.keyboard.press('Escape');
            await page.click('#open-shortcuts');
            await page.waitForSelector('#shortcuts[open]');
        },
    ],
    [
        'conversations',
        async (page) => {
            await page.keyboard.press('Escape');
            if (await page.isVisible('#open-conversations'))
                await page.click('#open-conversations');
            await page.waitForSelector('.conversation');
        },
    ],
    [
        'menu',
        async (page) => {
            await page.hover('.conversation');
            await page.click('.conversation-more');
            await page.waitForSelector('#conversation-menu:popover-open');
        },
    ],
    [
        'rename',
        async (page) => {
            await page.click('#conversation-menu [role="menuitem"]');
            await page.waitForSelector('.conversation-rename input');
        },
    ],
    [
        'search',
        async (page) => {
            await page.keyboard.press('Escape');
            await page.route('**/search*', (route) => route.fulfill({ json: HITS }));
            await page.fill('#search', 'brake');
            await page.waitForSelector('.hit');
        },
    ],
];
for (const [size, options] of Object.entries({ desktop: DESKTOP, phone: PHONE }))
    test(
        `axe finds nothing in any state, in both themes (${size})`,
        { timeout: 300_000 },
        async () => {
            const { page, complaints } = await openPage(options);

            for (const [name, reach] of STATES) {
                await reach(page);
                assert.deepEqual(await findings(page), [], name);
                assert.deepEqual(await tooSmall(page), [], name);
                assert.equal(await overflow(page), 0, name);
            }
            assert.deepEqual(complaints, []);
        },
    );
