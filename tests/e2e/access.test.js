/* What the page promises everyone: keyboard, small screens, both themes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerWith, ask, PHONE, QUESTION, screenshot, type, useBrowser } from './browser.js';

const openPage = useBrowser();

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

test('it fits a small phone', async () => {
    const { page } = await openPage(PHONE);
    const overflow = async () => (await page.evaluate(() => document.documentElement.scrollWidth)) - PHONE.viewport.width;

    assert.equal(await overflow(), 0);
    await screenshot(page, 'welcome-phone');
    await answerWith(page, [
        ['delta', { text: `${'long'.repeat(40)}\n\n| a | b |\n|---|---|\n| ${'wide '.repeat(30)} | ${'x'.repeat(90)} |\n\n` }],
        ['delta', { text: `\`\`\`\n${'code '.repeat(40)}\n\`\`\`\n` }],
        ['error', { code: 'upstream_error', message: 'The provider said no.', retryable: true }],
    ]);
    await ask(page, `${QUESTION} ${'w'.repeat(60)}`);
    assert.equal(await overflow(), 0);
    await page.waitForFunction(() => {
        const bottom = (selector) => document.querySelector(selector).getBoundingClientRect().bottom;
        const top = document.querySelector('.composer').getBoundingClientRect().top;
        return bottom('.turn .alert') <= top; /* the box has grown, but not over the reason */
    });
    await screenshot(page, 'failed-phone');
    await page.click('#open-settings');
    assert.equal(await overflow(), 0);
    await screenshot(page, 'settings-phone');
});
