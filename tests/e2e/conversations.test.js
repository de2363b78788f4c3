/* Conversations: list, open, rename, delete, search, export, import. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
    askBriefly,
    endAnswer,
    BASE_URL,
    PHONE,
    QUESTION,
    screenshot,
    useBrowser,
} from './browser.js';

const OIL = 'How often does the engine oil need changing?';
const openPage = useBrowser();
const titles = (page) => page.locator('.conversation-open').allTextContents();
const current = (page) => page.textContent('.conversation-open[aria-current]');

async function startNew(page) {
    await page.click('#new-conversation');
    await page.waitForSelector('#welcome:not([hidden])');
}

/* Two conversations; the one about oil is the most recent. */
async function haveTwo(page) {
    await askBriefly(page, QUESTION);
    await startNew(page);
    await askBriefly(page, OIL);
    await page.waitForFunction(() => document.querySelectorAll('.conversation').length === 2);
}

async function choose(page, at, item) {
    await page.hover(`.conversation >> nth=${at}`);
    await page.click(`.conversation-more >> nth=${at}`);
    await page.click(`#conversation-menu :text-is("${item}")`);
}

test('conversations are listed newest first with their first message as title', async () => {
    const { page, complaints } = await openPage();

    await page.waitForSelector('#no-conversations:not([hidden])');
    await haveTwo(page);
    assert.deepEqual(await titles(page), [OIL, QUESTION]);
    assert.equal(await current(page), OIL);
    await screenshot(page, 'conversations-light');

    await page.click(`.conversation-open:text-is("${QUESTION}")`);
    await page.waitForSelector(`.question:text-is("${QUESTION}")`);
    assert.equal(await page.locator('.turn').count(), 1);
    await page.waitForSelector(`.conversation-open[aria-current]:text-is("${QUESTION}")`);

    await page.reload();
    await page.waitForSelector(`.question:text-is("${QUESTION}")`);
    await askBriefly(page, 'And the tyres of my car?');
    await page.waitForFunction(
        (title) => document.querySelector('.conversation-open').textContent === title,
        QUESTION,
    );
    assert.deepEqual(complaints, []);
});

test('a conversation is renamed in the list', async () => {
    const { page } = await openPage();
    const sent = [];

    await haveTwo(page);
    page.on(
        'request',
        (request) => request.method() === 'PATCH' && sent.push(request.postDataJSON()),
    );
    await choose(page, 1, 'Rename');
    await page.fill('.conversation-rename input', 'Nothing');
    await page.keyboard.press('Escape');
    assert.deepEqual(await titles(page), [OIL, QUESTION], 'Escape changes nothing');

    await choose(page, 1, 'Rename');
    await page.fill('.conversation-rename input', 'Shaking');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.conversation-open:text-is("Shaking")');
    assert.deepEqual(sent, [{ title: 'Shaking' }]);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Shaking');
    await page.reload();
    await page.waitForSelector('.conversation-open:text-is("Shaking")');
});

test('a conversation is deleted after a confirmation', async () => {
    const { page } = await openPage();

    await haveTwo(page);
    await choose(page, 1, 'Delete');
    assert.match(await page.textContent('#confirm-text'), /shakes/);
    await page.keyboard.press('Escape');
    assert.equal((await titles(page)).length, 2);

    await choose(page, 1, 'Delete');
    await page.click('#confirm-yes');
    await page.waitForFunction(() => document.querySelectorAll('.conversation').length === 1);
    assert.ok(await page.isVisible('.turn'), 'the other conversation stays open');

    await choose(page, 0, 'Delete');
    await page.click('#confirm-yes');
    await page.waitForSelector('#welcome:not([hidden])');
    await page.reload();
    await page.waitForSelector('#no-conversations:not([hidden])');
});

test('the menu of a conversation works by keyboard and restores the focus', async () => {
    const { page } = await openPage();
    const focused = () =>
        page.evaluate(() => document.activeElement.textContent || document.activeElement.className);

    await askBriefly(page, OIL);
    await page.waitForSelector('.conversation');
    await page.focus('.conversation-more');
    await page.keyboard.press('Enter');
    assert.equal(await focused(), 'Rename');
    assert.equal(await page.getAttribute('.conversation-more', 'aria-expanded'), 'true');
    await page.keyboard.press('ArrowUp');
    assert.equal(await focused(), 'Delete');
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(), 'Rename');
    await page.keyboard.press('Escape');
    assert.match(await focused(), /conversation-more/);
    await page.waitForSelector('.conversation-more[aria-expanded="false"]');
});

test('the list is loaded page by page', async () => {
    const { page } = await openPage();
    const conversation = (name) => ({
        conversation_id: `00000000-0000-4000-8000-00000000000${name}`,
        title: name,
        created_at: '2026-01-01T00:00:00.000Z',
        touched_at: '2026-01-01T00:00:00.000Z',
        turns: 1,
        forked_from: null,
        forked_at_seq: null,
    });

    await page.route('**/conversations*', (route) => {
        const isSecond = new URL(route.request().url()).searchParams.get('cursor') === 'next';
        route.fulfill({
            json: isSecond
                ? { conversations: [conversation('3')], more: null }
                : { conversations: [conversation('1'), conversation('2')], more: 'next' },
        });
    });
    await page.reload();
    await page.click('#more-conversations');
    await page.waitForSelector('.conversation-open:text-is("3")');
    assert.deepEqual(await titles(page), ['1', '2', '3']);
    assert.ok(await page.isHidden('#more-conversations'));
    assert.equal(
        await page.evaluate(() => document.activeElement.textContent),
        '3',
        'the focus moves on',
    );
});

test('on a phone the list is a drawer that closes after a selection', async () => {
    const { page } = await openPage(PHONE);

    await askBriefly(page, QUESTION);
    assert.ok(await page.isHidden('#conversations'));
    await page.click('#open-conversations');
    await page.waitForSelector('.conversation-open[aria-current]');
    await screenshot(page, 'conversations-phone');
    await page.keyboard.press('Escape');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'open-conversations');

    await page.click('#open-conversations');
    await startNew(page);
    assert.ok(await page.isHidden('#conversations'));
    await page.click('#open-conversations');
    await page.click('.conversation-open');
    await page.waitForSelector('.turn');
    assert.ok(await page.isHidden('#conversations'));
});

test('the sidebar can be hidden', async () => {
    const { page } = await openPage();

    await page.click('#close-conversations');
    assert.ok(await page.isHidden('#conversations'));
    assert.equal(await page.evaluate(() => document.activeElement.id), 'open-conversations');
    await page.reload();
    await page.waitForSelector('#welcome:not([hidden])');
    assert.ok(await page.isHidden('#conversations'));
    await page.click('#open-conversations');
    assert.ok(await page.isVisible('#conversations'));
});

test('a conversation and its branches are one entry in the list', async () => {
    const { page } = await openPage();
    const storedConversations = async () =>
        (await (await page.request.get(`${BASE_URL}/conversations`)).json()).conversations;

    await askBriefly(page, OIL);
    await page.hover('.turn');
    await page.click('.turn [aria-label="Regenerate answer"]');
    await page.waitForSelector('.turn[data-phase="writing"]');
    await endAnswer(page);
    await page.waitForSelector('.turn[data-phase="done"]');
    assert.equal((await storedConversations()).length, 2);
    assert.deepEqual(await titles(page), [OIL]);
    await choose(page, 0, 'Delete');
    await page.click('#confirm-yes');
    await page.waitForSelector('#no-conversations:not([hidden])');
    assert.deepEqual(await storedConversations(), []);
});

/* The search index is updated asynchronously. */
async function searchUntil(page, words, hit) {
    for (let i = 0; i < 60 && (await page.locator(hit).count()) === 0; i++)
        await Promise.all([
            page.waitForResponse('**/search?**'),
            page.fill('#search', words[i % 2]),
        ]);
    await page.waitForSelector(hit);
}

test('search covers all conversations, and a hit opens its turn', async () => {
    const { page, complaints } = await openPage();

    await haveTwo(page);
    await searchUntil(page, ['shak', 'shake'], '.hit mark:text-is("shakes")');
    assert.ok(await page.isHidden('#conversation-list'));
    await screenshot(page, 'search-light');
    await page.click('.hit');
    await page.waitForSelector(`.question:text-is("${QUESTION}")`);
    assert.ok(
        await page.evaluate(() => document.activeElement.matches('.turn')),
        'the turn has the focus',
    );

    await page.fill('#search', 'zeppelin');
    await page.waitForSelector('#search-status:text-is("No results")');
    await page.fill('#search', '');
    await page.waitForSelector('#conversation-list:visible');
    assert.deepEqual(complaints, []);
});

test('a conversation is exported as Markdown and JSON, and imported again', async () => {
    const { page } = await openPage();
    const save = async (item) => {
        const [download] = await Promise.all([
            page.waitForEvent('download'),
            choose(page, 0, item),
        ]);
        return {
            name: download.suggestedFilename(),
            text: readFileSync(await download.path(), 'utf8'),
            path: await download.path(),
        };
    };

    await askBriefly(page, OIL);
    await page.waitForSelector('.conversation');
    const markdown = await save('Export as Markdown');
    assert.match(markdown.name, /\.md$/);
    assert.match(markdown.text, /> How often does the engine oil/);

    const json = await save('Export as JSON');
    assert.match(json.name, /\.json$/);
    await page.setInputFiles('#import-file', json.path);
    await page.waitForSelector('#list-status[data-kind="success"]');
    await page.waitForFunction(() => document.querySelectorAll('.conversation').length === 2);
    assert.equal(await page.textContent('.question'), OIL);

    await page.setInputFiles('#import-file', {
        name: 'other.json',
        mimeType: 'application/json',
        buffer: Buffer.from('{"a":1}'),
    });
    await page.waitForSelector('#list-status[data-kind="error"]');
    assert.match(await page.textContent('#list-status'), /not a chat that was exported here/);
});
