using Microsoft.AspNetCore.Hosting.Server;
using MirrorTools.Agent.Events;
using MirrorTools.Agent.State;

namespace MirrorTools.Agent.Hosting;

/// <summary>The services of an agent.</summary>
internal static class AgentServices
{
    public static void Add(IServiceCollection services, AgentSettings settings, StateDirectory state)
    {
        var runtimeDirectory = RuntimeDirectory.Prepare(state.Paths.Directory);
        services.AddSingleton(settings);
        services.AddSingleton(state.Paths);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(ControlToken.LoadOrCreate(state.Paths.Token));
        services.AddSingleton(provider => new AgentRuntime(
            settings, state.Paths, runtimeDirectory, Guid.Empty, TimeProvider.System, provider.GetRequiredService<IServer>()));
        services.AddSingleton(provider => new EventLog(
            state.Paths, settings.Name, TimeProvider.System, provider.GetRequiredService<ILogger<EventLog>>()));
    }
}
