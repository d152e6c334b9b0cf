// Starts `swemu dap` for sessions of the type "swemu", or connects to the port of `swemu run --dap`. There is nothing to build.
const vscode = require("vscode");

exports.activate = (context) => {
  context.subscriptions.push(
    vscode.debug.registerDebugAdapterDescriptorFactory("swemu", {
      createDebugAdapterDescriptor: (session) =>
        session.configuration.request === "attach"
          ? new vscode.DebugAdapterServer(session.configuration.port ?? 4711, session.configuration.host)
          : new vscode.DebugAdapterExecutable(vscode.workspace.getConfiguration("swemu").get("path", "swemu"), ["dap"]),
    }),
  );
};

exports.deactivate = () => {};
