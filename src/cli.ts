export async function main(words: readonly string[]): Promise<void> {
  void words
}
