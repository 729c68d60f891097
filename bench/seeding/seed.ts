export async function openLog(_: string): Promise<any> {
  throw new Error("not yet");
}
