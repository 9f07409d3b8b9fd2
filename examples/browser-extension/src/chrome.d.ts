/** What this extension uses of Chrome's API; the package `@types/chrome` has all of it. */
declare namespace chrome {
  interface Event<Listener> {
    addListener(listener: Listener): void;
  }

  namespace runtime {
    interface MessageSender {
      readonly tab?: tabs.Tab;
    }
    interface Port {
      readonly name: string;
      readonly onMessage: Event<(message: never) => void>;
      readonly onDisconnect: Event<() => void>;
      postMessage(message: unknown): void;
    }
    const onMessage: Event<
      (message: never, sender: MessageSender, respond: (answer: unknown) => void) => boolean | undefined
    >;
    const onConnect: Event<(port: Port) => void>;
    const onInstalled: Event<() => void>;
    const lastError: { readonly message: string } | undefined;
    function sendMessage(message: unknown): Promise<unknown>;
    function openOptionsPage(): Promise<void>;
    function getContexts(filter: { readonly contextTypes: readonly string[] }): Promise<readonly unknown[]>;
  }

  namespace offscreen {
    function createDocument(document: {
      readonly url: string;
      readonly reasons: readonly string[];
      readonly justification: string;
    }): Promise<void>;
  }

  namespace tabs {
    interface Tab {
      readonly id?: number;
    }
    function query(filter: { readonly active: boolean; readonly currentWindow: boolean }): Promise<Tab[]>;
    function sendMessage(tab: number, message: unknown): Promise<unknown>;
    function connect(tab: number): runtime.Port;
  }

  namespace scripting {
    interface Injection {
      readonly target: { readonly tabId: number };
      readonly files: readonly string[];
    }
    function insertCSS(injection: Injection): Promise<void>;
    function executeScript(injection: Injection): Promise<unknown>;
  }

  namespace contextMenus {
    interface Item {
      readonly id: string;
      readonly title: string;
      readonly contexts: readonly ("page" | "selection")[];
    }
    const onClicked: Event<(info: { readonly menuItemId: string }, tab?: tabs.Tab) => void>;
    function create(item: Item): void;
    function removeAll(): Promise<void>;
  }

  namespace commands {
    interface Command {
      readonly name?: string;
      readonly shortcut?: string;
    }
    const onCommand: Event<(command: string, tab?: tabs.Tab) => void>;
    function getAll(): Promise<Command[]>;
  }

  namespace storage {
    const local: {
      get<Values extends object>(defaults: Values): Promise<Values>;
      set(values: object): Promise<void>;
    };
    const onChanged: Event<() => void>;
  }

  namespace i18n {
    function getMessage(name: string, substitutions?: readonly string[]): string;
  }
}
