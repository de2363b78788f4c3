/* budget - the line that says what this session may still spend, when there is a limit. */
import { budgetOf } from './words.js';

export function showBudget(element, budget) {
    element.textContent = budgetOf(budget);
    element.hidden = !budget;
}
