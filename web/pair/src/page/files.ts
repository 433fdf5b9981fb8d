/** What a person takes out of the page: files, and the clipboard. */

const LINE = 64;

/** A file for the downloads. */
export function save(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Whether the text of this element is in the clipboard now. */
export async function copy(element: HTMLElement): Promise<boolean> {
  if (isSecureContext && "clipboard" in navigator) {
    try {
      await navigator.clipboard.writeText(element.textContent ?? "");
      return true;
    } catch {
      // Not allowed: the older way may be.
    }
  }
  const selection = getSelection();
  selection?.selectAllChildren(element);
  // The only way that pages without encryption have.
  const copied = document.execCommand("copy");
  selection?.removeAllRanges();
  return copied;
}

/** A document of this kind, “CERTIFICATE”, as text (RFC 7468). */
export function pem(kind: string, content: Uint8Array): string {
  const lines = btoa(String.fromCharCode(...content)).match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
  return [`-----BEGIN ${kind}-----`, ...lines, `-----END ${kind}-----`, ""].join("\n");
}
