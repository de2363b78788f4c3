/* What the page promises of chats: all are listed, and each can be opened, renamed and deleted. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { askBriefly, BASE_URL, PHONE, QUESTION, screenshot, useBrowser } from './browser.js';

const OIL = 'How often does the engine oil need changing?';
const openPage = useBrowser();
const titles = (page) => page.locator('.chat-open').allTextContents();
const current = (page) => page.textContent('.chat-open[aria-current]');

async function startNew(page) {
    await page.click('#new-chat');
    await page.waitForSelector('#welcome:not([hidden])');
}

/* Two chats, the one about oil last. */
async function haveTwo(page) {
    await askBriefly(page, QUESTION);
    await startNew(page);
    await askBriefly(page, OIL);
    await page.waitForFunction(() => document.querySelectorAll('.chat').length === 2);
}

async function choose(page, at, item) {
    await page.hover(`.chat >> nth=${at}`);
    await page.click(`.chat-more >> nth=${at}`);
    await page.click(`#chat-menu :text-is("${item}")`);
}

test('chats are listed newest first under their first message, and opened', async () => {
    const { page, complaints } = await openPage();

    await page.waitForSelector('#no-chats:not([hidden])');
    await haveTwo(page);
    assert.deepEqual(await titles(page), [OIL, QUESTION]);
    assert.equal(await current(page), OIL);
    await screenshot(page, 'chats-light');

    await page.click(`.chat-open:text-is("${QUESTION}")`);
    await page.waitForSelector(`.question:text-is("${QUESTION}")`);
    assert.equal(await page.locator('.turn').count(), 1);
    await page.waitForSelector(`.chat-open[aria-current]:text-is("${QUESTION}")`);

    await page.reload();
    await page.waitForSelector(`.question:text-is("${QUESTION}")`);
    await askBriefly(page, 'And the tyres of my car?');
    await page.waitForFunction((title) => document.querySelector('.chat-open').textContent === title, QUESTION);
    assert.deepEqual(complaints, []);
});

test('a chat is renamed in its place', async () => {
    const { page } = await openPage();
    const sent = [];

    await haveTwo(page);
    page.on('request', (request) => request.method() === 'PATCH' && sent.push(request.postDataJSON()));
    await choose(page, 1, 'Rename');
    await page.fill('.chat-rename input', 'Nothing');
    await page.keyboard.press('Escape');
    assert.deepEqual(await titles(page), [OIL, QUESTION], 'Escape changes nothing');

    await choose(page, 1, 'Rename');
    await page.fill('.chat-rename input', 'Shaking');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.chat-open:text-is("Shaking")');
    assert.deepEqual(sent, [{ title: 'Shaking' }]);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Shaking');
    await page.reload();
    await page.waitForSelector('.chat-open:text-is("Shaking")');
});

test('a chat is deleted once that was confirmed', async () => {
    const { page } = await openPage();

    await haveTwo(page);
    await choose(page, 1, 'Delete');
    assert.match(await page.textContent('#confirm-text'), /shakes/);
    await page.keyboard.press('Escape');
    assert.equal((await titles(page)).length, 2);

    await choose(page, 1, 'Delete');
    await page.click('#confirm-yes');
    await page.waitForFunction(() => document.querySelectorAll('.chat').length === 1);
    assert.ok(await page.isVisible('.turn'), 'the other chat stays open');

    await choose(page, 0, 'Delete');
    await page.click('#confirm-yes');
    await page.waitForSelector('#welcome:not([hidden])');
    await page.reload();
    await page.waitForSelector('#no-chats:not([hidden])');
});

test('the menu of a chat works by keyboard and gives the focus back', async () => {
    const { page } = await openPage();
    const focused = () => page.evaluate(() => document.activeElement.textContent || document.activeElement.className);

    await askBriefly(page, OIL);
    await page.waitForSelector('.chat');
    await page.focus('.chat-more');
    await page.keyboard.press('Enter');
    assert.equal(await focused(), 'Rename');
    assert.equal(await page.getAttribute('.chat-more', 'aria-expanded'), 'true');
    await page.keyboard.press('ArrowUp');
    assert.equal(await focused(), 'Delete');
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(), 'Rename');
    await page.keyboard.press('Escape');
    assert.match(await focused(), /chat-more/);
    await page.waitForSelector('.chat-more[aria-expanded="false"]');
});

test('the list comes page by page', async () => {
    const { page } = await openPage();
    const chat = (name) => ({
        conversation_id: `00000000-0000-4000-8000-00000000000${name}`, title: name, created_at: '2026-01-01T00:00:00.000Z',
        touched_at: '2026-01-01T00:00:00.000Z', turns: 1, forked_from: null, forked_at_seq: null,
    });

    await page.route('**/conversations*', (route) => {
        const isSecond = new URL(route.request().url()).searchParams.get('cursor') === 'next';
        route.fulfill({ json: isSecond ? { conversations: [chat('3')], more: null } : { conversations: [chat('1'), chat('2')], more: 'next' } });
    });
    await page.reload();
    await page.click('#more-chats');
    await page.waitForSelector('.chat-open:text-is("3")');
    assert.deepEqual(await titles(page), ['1', '2', '3']);
    assert.ok(await page.isHidden('#more-chats'));
    assert.equal(await page.evaluate(() => document.activeElement.textContent), '3', 'the focus goes on');
});

test('on a phone the list is a drawer that closes when a chat is chosen', async () => {
    const { page } = await openPage(PHONE);

    await askBriefly(page, QUESTION);
    assert.ok(await page.isHidden('#chats'));
    await page.click('#open-chats');
    await page.waitForSelector('.chat-open[aria-current]');
    await screenshot(page, 'chats-phone');
    await page.keyboard.press('Escape');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'open-chats');

    await page.click('#open-chats');
    await startNew(page);
    assert.ok(await page.isHidden('#chats'));
    await page.click('#open-chats');
    await page.click('.chat-open');
    await page.waitForSelector('.turn');
    assert.ok(await page.isHidden('#chats'));
});

test('the list beside the talk can be put away', async () => {
    const { page } = await openPage();

    await page.click('#close-chats');
    assert.ok(await page.isHidden('#chats'));
    assert.equal(await page.evaluate(() => document.activeElement.id), 'open-chats');
    await page.reload();
    await page.waitForSelector('#welcome:not([hidden])');
    assert.ok(await page.isHidden('#chats'));
    await page.click('#open-chats');
    assert.ok(await page.isVisible('#chats'));
});

test('a branch stands in the list as one with its chat', async () => {
    const { page } = await openPage();
    const chatsOfServer = async () => (await (await page.request.get(`${BASE_URL}/conversations`)).json()).conversations;

    await askBriefly(page, OIL);
    await page.hover('.turn');
    await page.click('.turn [aria-label="Another answer"]');
    await page.waitForSelector('.turn[data-phase="writing"]');
    await page.click('#stop');
    await page.waitForSelector('.turn[data-phase="done"]');
    assert.equal((await chatsOfServer()).length, 2);
    assert.deepEqual(await titles(page), [OIL]);
    await choose(page, 0, 'Delete');
    await page.click('#confirm-yes');
    await page.waitForSelector('#no-chats:not([hidden])');
    assert.deepEqual(await chatsOfServer(), []);
});

/* What was said can be found a moment later. */
async function searchUntil(page, words, hit) {
    for (let i = 0; i < 60 && await page.locator(hit).count() === 0; i++)
        await Promise.all([page.waitForResponse('**/search?**'), page.fill('#search', words[i % 2])]);
    await page.waitForSelector(hit);
}

test('words are found in all chats, and a hit opens its chat at the place', async () => {
    const { page, complaints } = await openPage();

    await haveTwo(page);
    await searchUntil(page, ['shak', 'shake'], '.hit mark:text-is("shakes")');
    assert.ok(await page.isHidden('#chat-list'));
    await screenshot(page, 'search-light');
    await page.click('.hit');
    await page.waitForSelector(`.question:text-is("${QUESTION}")`);
    assert.ok(await page.evaluate(() => document.activeElement.matches('.turn')), 'the turn has the focus');

    await page.fill('#search', 'zeppelin');
    await page.waitForSelector('#search-said:text-is("Nothing found.")');
    await page.fill('#search', '');
    await page.waitForSelector('#chat-list:visible');
    assert.deepEqual(complaints, []);
});

test('a chat is saved as Markdown and as JSON, and read in again', async () => {
    const { page } = await openPage();
    const save = async (item) => {
        const [download] = await Promise.all([page.waitForEvent('download'), choose(page, 0, item)]);
        return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8'), path: await download.path() };
    };

    await askBriefly(page, OIL);
    await page.waitForSelector('.chat');
    const markdown = await save('Save as Markdown');
    assert.match(markdown.name, /\.md$/);
    assert.match(markdown.text, /> How often does the engine oil/);

    const json = await save('Save as JSON');
    assert.match(json.name, /\.json$/);
    await page.setInputFiles('#import-file', json.path);
    await page.waitForSelector('#chats-said[data-mood="good"]');
    await page.waitForFunction(() => document.querySelectorAll('.chat').length === 2);
    assert.equal(await page.textContent('.question'), OIL);

    await page.setInputFiles('#import-file', { name: 'other.json', mimeType: 'application/json', buffer: Buffer.from('{"a":1}') });
    await page.waitForSelector('#chats-said[data-mood="bad"]');
    assert.match(await page.textContent('#chats-said'), /no chat that was saved here/);
});
