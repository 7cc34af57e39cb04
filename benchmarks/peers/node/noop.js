// No PDF: what is left is the queue.
export async function render() {}
