"use strict";
// A page that was opened as a file may start no worker, so the search runs in a hidden frame. mkdocs-material's search
// looks for this name in the frame's parent, and awaits `importScripts`.
// Under another file name, mkdocs-material would fetch one from the network.
window.IFrameWorker = class extends EventTarget {
  constructor(url) {
    super();
    this.frame = document.createElement("iframe");
    this.frame.hidden = true;
    this.frame.srcdoc = "";
    this.ready = new Promise(done => { this.frame.onload = done; }).then(() => this.fill(url));
    document.body.append(this.frame);
  }

  async fill(url) {
    const inside = this.frame.contentWindow;
    const load = path => new Promise(done => {
      const script = inside.document.createElement("script");
      script.onload = done;
      script.src = path;
      inside.document.body.append(script);
    });
    inside.importScripts = async (...paths) => { for (const path of paths) await load(path); };
    inside.postMessage = data => {
      const event = new MessageEvent("message", { data });
      this.dispatchEvent(event);
      this.onmessage?.(event);
    };
    await load(url);
  }

  async postMessage(data) {
    await this.ready;
    this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data: structuredClone(data) }));
  }

  terminate() {
    this.frame.remove();
  }
};
if (location.protocol === "file:") window.Worker = window.IFrameWorker;
