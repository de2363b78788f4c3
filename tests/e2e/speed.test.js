/* What the page promises of long chats: a thousand messages are no burden. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useBrowser } from './browser.js';

const TURNS = 500;
const MOST_MS = 300; /* to open such a chat; the best of a few, on a machine that has other things to do */
const openPage = useBrowser();

/* As an export has it. */
function longChat() {
    const at = '2026-01-31T10:15:30.123Z';
    const usage = { prompt_tokens: 1, completion_tokens: 2, cost: 0 };
    const turns = Array.from({ length: TURNS }, (_, i) => ({
        status: 'committed',
        question: { content: `Question ${i + 1} about my brakes`, at },
        answer: { content: `**Answer ${i + 1}**\n\n1. Look at the pads.\n2. Measure \`3 mm\`.\n\n| part | mm |\n|---|---|\n| pad | 3 |`,
            at, model: 'a/model', finish_reason: 'stop', usage, feedback: 0 },
    }));
    return { format: 'automotive-chat', version: 1, title: 'A long one', created_at: at, turns };
}

async function openLongChat(page) {
    await page.setInputFiles('#import-file', { name: 'long.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(longChat())) });
    await page.waitForSelector(`.question:text-is("Question ${TURNS} about my brakes")`);
}

test('a chat of 1,000 messages opens at once', async (t) => {
    const { page } = await openPage();
    const times = [];

    await openLongChat(page);
    for (let i = 0; i < 5; i++) {
        await page.click('#new-chat');
        await page.waitForSelector('#welcome:not([hidden])');
        times.push(await page.evaluate(async () => {
            const start = performance.now();
            document.querySelector('.chat-open').click();
            while (!document.querySelector('.turn'))
                await new Promise(requestAnimationFrame);
            await new Promise(requestAnimationFrame); /* drawn */
            return performance.now() - start;
        }));
    }
    t.diagnostic(`opened in ${times.map(Math.round).join(', ')} ms`);
    assert.ok(Math.min(...times) < MOST_MS, `${times}`);
});

test('typing does not lag where 1,000 messages are shown', { timeout: 60_000 }, async (t) => {
    const { page } = await openPage();
    /* From a key to the next frame, in the middle. */
    const lag = () => page.evaluate(async () => {
        const box = document.getElementById('box');
        const times = [];
        for (let i = 0; i < 40; i++) {
            await new Promise(requestAnimationFrame);
            const start = performance.now();
            document.execCommand('insertText', false, i % 8 === 7 ? '\n' : 'w');
            box.getBoundingClientRect(); /* what was put off until the frame */
            times.push(performance.now() - start);
        }
        box.value = '';
        return times.sort((a, b) => a - b)[times.length / 2];
    });

    await page.focus('#box');
    const empty = await lag();
    await openLongChat(page);
    while (await page.isVisible('#older')) {
        const before = await page.locator('.turn').count();
        await page.evaluate(() => window.scrollTo(0, 0));
        await page.waitForFunction((count) => document.querySelectorAll('.turn').length > count, before);
    }
    assert.equal(await page.locator('.turn').count(), TURNS);
    assert.equal(await page.textContent('.question'), 'Question 1 about my brakes');
    await page.focus('#box');
    const full = await lag();
    t.diagnostic(`a key takes ${empty.toFixed(1)} ms in an empty chat, ${full.toFixed(1)} ms in the full one`);
    assert.ok(full < 50, `${full} ms`);
});
