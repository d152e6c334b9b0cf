// Starts `swemu dap` for sessions of the type "swemu". There is nothing to build.
const vscode = require("vscode");

exports.activate = (context) => {
  context.subscriptions.push(
    vscode.debug.registerDebugAdapterDescriptorFactory("swemu", {
      createDebugAdapterDescriptor: () =>
        new vscode.DebugAdapterExecutable(vscode.workspace.getConfiguration("swemu").get("path", "swemu"), ["dap"]),
    }),
  );
};

exports.deactivate = () => {};
