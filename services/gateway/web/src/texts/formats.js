/* formats - formats numbers, amounts of money and dates for a language. */
export function formatsOf(tag) {
    const plain = new Intl.NumberFormat(tag);
    const date = new Intl.DateTimeFormat(tag, { day: 'numeric', month: 'short', timeZone: 'UTC' });

    return {
        number: (value) => plain.format(value),
        money,
        day: (iso) => date.format(new Date(iso)),
    };

    /* At least cents; smaller amounts with two significant digits. */
    function money(dollars) {
        const significant = dollars > 0 ? 1 - Math.floor(Math.log10(dollars)) : 2;
        return new Intl.NumberFormat(tag, {
            style: 'currency',
            currency: 'USD',
            minimumFractionDigits: 2,
            maximumFractionDigits: Math.min(12, Math.max(2, significant)),
        }).format(dollars);
    }
}
