/** For `ref`: what was pressed to get here is gone, so the focus goes to what is there instead. */
export const takeFocus = (element: HTMLElement | null): void => element?.focus();
