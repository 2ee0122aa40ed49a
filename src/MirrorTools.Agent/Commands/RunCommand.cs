using MirrorTools.Agent.Events;
using MirrorTools.Agent.Hosting;
using MirrorTools.Agent.State;
using System.Text.Json;
using MirrorTools.Agent.Control.Json;

namespace MirrorTools.Agent.Commands;

/// <summary>Runs the agent until it is stopped. Its state survives a kill at any instant; a clean stop only makes the next start quicker.</summary>
internal static class RunCommand
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var settings = RunOptions.Read(arguments);
        ParentWatch.Start(settings);
        using var state = StateDirectory.Take(settings.StateDirectory);

        // A record from before means that the agent before did not stop cleanly; it would send admins to a dead port.
        var hadCrashed = File.Exists(state.Paths.Record);
        File.Delete(state.Paths.Record);
        await using var app = AgentHost.Build(settings, state);
        var events = app.Services.GetRequiredService<EventLog>();
        if (hadCrashed)
        {
            events.Write(EventKinds.AgentRestartedAfterCrash, null, null);
        }

        await app.StartAsync();
        var runtime = app.Services.GetRequiredService<AgentRuntime>();
        events.Write(
            EventKinds.AgentStarted, null, null, ("name", settings.Name), ("version", ProductVersion.Text), ("processId", $"{Environment.ProcessId}"));
        AtomicFile.Write(state.Paths.Record, JsonSerializer.SerializeToUtf8Bytes(runtime.Record(), ContractJson.Options));
        ServiceNotifier.Ready();

        app.Lifetime.ApplicationStopping.Register(() =>
        {
            ServiceNotifier.Stopping();
            File.Delete(state.Paths.Record);
        });
        await app.WaitForShutdownAsync();
        events.Write(EventKinds.AgentStopped, null, null, ("name", settings.Name));
        return ExitCodes.Success;
    }
}
