/* formats - numbers, sums and days as a language writes them. */
export function formatsOf(tag) {
    const plain = new Intl.NumberFormat(tag);
    const day = new Intl.DateTimeFormat(tag, { day: 'numeric', month: 'short', timeZone: 'UTC' });

    return { number: (value) => plain.format(value), money, day: (iso) => day.format(new Date(iso)) };

    /* At least cents; smaller sums with two digits that say something. */
    function money(dollars) {
        const digits = dollars > 0 ? Math.min(12, Math.max(2, 1 - Math.floor(Math.log10(dollars)))) : 2;
        const style = { style: 'currency', currency: 'USD', minimumFractionDigits: 2, maximumFractionDigits: digits };
        return new Intl.NumberFormat(tag, style).format(dollars);
    }
}
