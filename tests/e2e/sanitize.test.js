/* Text from models cannot affect the page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerWith, ask, BASE_URL, QUESTION, screenshot, useBrowser } from './browser.js';

const HOSTILE = [
    '# Brakes <script>window.hacked = 1</script>',
    '<img src="https://example.org/x.png" onerror="window.hacked = 1">',
    '![picture](https://example.org/y.png) and [link](https://example.org/) and ' +
        '[bad](javascript:window.hacked=1)',
    '[a request of ours](/get_session_data)',
    '<b onclick="window.hacked = 1">bold</b> ' +
        '<div id="box" class="top" style="position:fixed">box</div>',
    'Use List<String> and H<sub>2</sub>O.',
    '<iframe src="https://example.org/"></iframe>' +
        '<form action="https://example.org/"><input name="a"></form>',
].join('\n\n');

const openPage = useBrowser();

test('the page uses no foreign origin and no inline script', async () => {
    const { page, complaints } = await openPage();
    const response = await page.request.get(BASE_URL);
    const policy = response.headers()['content-security-policy'];

    assert.ok(policy, 'a content security policy is sent');
    assert.doesNotMatch(policy, /unsafe-|https?:|\*/);
    assert.ok(await page.isVisible('#welcome'));
    await screenshot(page, 'welcome-light');
    assert.deepEqual(complaints, []);
});

test('hostile Markdown cannot affect the page', async () => {
    const { page, complaints } = await openPage();

    await answerWith(page, [
        ['delta', { text: HOSTILE }],
        ['done', { status: 'committed', model: 'm' }],
    ]);
    await ask(page, QUESTION);
    const prose = page.locator('.answer-body');
    await prose.getByText('bold').click();

    assert.equal(
        await prose.locator('script, img, iframe, form, input, div:not(.table-frame)').count(),
        0,
    );
    assert.equal(
        await prose
            .locator('[style], [onclick], [onerror], [id], [class]:not(.table, .table-frame)')
            .count(),
        0,
    );
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.match(await prose.textContent(), /Use List<String> and H2O/);

    const links = await prose
        .locator('a[href]')
        .evaluateAll((all) => all.map(({ href, rel, target }) => ({ href, rel, target })));
    assert.deepEqual(
        links.map((link) => link.href),
        ['https://example.org/y.png', 'https://example.org/'],
    );
    for (const link of links)
        assert.deepEqual([link.rel, link.target], ['noopener noreferrer', '_blank']);
    assert.deepEqual(complaints, []);
});
