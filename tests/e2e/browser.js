/* A browser for the tests: Debian's Chromium, a new user for each test, and a list of the browser's
 * errors and warnings. */
import { mkdirSync } from 'node:fs';
import { after, afterEach, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const BASE_URL = process.env.BASE_URL ?? 'http://localhost:8080';

const SCREENSHOTS = fileURLToPath(new URL('../../build/screenshots/', import.meta.url));
const FLAGS = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
];

export const DESKTOP = { viewport: { width: 1100, height: 800 } };
export const PHONE = { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true };
export const OVER = ':is([data-phase="done"], [data-phase="failed"], [data-phase="retracted"])';

export const QUESTION = 'My car shakes when I brake. What could it be?';

export function launch(flags = []) {
    return chromium.launch({
        executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
        args: [...FLAGS, ...flags],
    });
}

/* Starts one browser for the tests of a file; returns the function that opens the page. */
export function useBrowser() {
    let browser;

    before(async () => {
        mkdirSync(SCREENSHOTS, { recursive: true });
        browser = await launch();
    });
    after(() => browser.close());
    afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
    return (options = DESKTOP) => openPage(browser, options);
}

/* As a new user. */
async function openPage(browser, options) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const complaints = [];

    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type()))
            complaints.push(`${message.type()}: ${message.text()}`);
    });
    page.on('request', (request) => {
        if (
            new URL(request.url()).origin !== new URL(BASE_URL).origin &&
            !request.url().startsWith('data:')
        )
            complaints.push(`foreign: ${request.url()}`);
    });
    await page.goto(BASE_URL);
    if (options.javaScriptEnabled !== false) await page.waitForSelector('#welcome');
    return { page, context, complaints };
}

export async function type(page, text) {
    await page.fill('#box', text);
    await page.press('#box', 'Enter');
}

export async function ask(page, text) {
    await type(page, text);
    await page.waitForSelector(`.turn:last-of-type${OVER}`);
}

/* For tests that need no complete answer: the fake OpenRouter writes slowly. */
export async function askBriefly(page, text) {
    await type(page, text);
    await page.waitForSelector('.turn:last-of-type[data-phase="writing"]');
    await endAnswer(page);
    await page.waitForSelector(`.turn:last-of-type${OVER}`);
}

/* Stops the answer if it has not ended by itself meanwhile, as it may on a busy machine. */
export function endAnswer(page) {
    return page.locator('#stop').evaluate((button) => button.hidden || button.click());
}

/* Replaces the server's next answer. */
export function answerWith(page, events) {
    const body = events
        .map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
        .join('');
    return page.route(
        '**/chat',
        (route) => route.fulfill({ contentType: 'text/event-stream', body }),
        { times: 1 },
    );
}

export function screenshot(page, name) {
    return page.screenshot({ path: `${SCREENSHOTS}${name}.png` });
}

/* The test sends the events of the next answer itself: returns feed(name, data). */
export async function feedAnswer(page) {
    await page.addInitScript(() => {
        const fetch = window.fetch.bind(window);
        let isFed = false;
        const encoder = new TextEncoder();
        let out;
        const body = new ReadableStream({ start: (controller) => (out = controller) });

        window.feed = (name, data) =>
            out.enqueue(encoder.encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`));
        window.fetch = async (path, ...rest) => {
            if (path !== '/chat' || isFed) return fetch(path, ...rest);
            isFed = true;
            return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
        };
    });
    await page.reload();
    await page.waitForSelector('#welcome:not([hidden])');
    return (...event) => page.evaluate(([name, data]) => window.feed(name, data), event);
}
