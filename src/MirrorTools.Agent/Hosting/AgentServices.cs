using MirrorTools.Agent.Control;
using MirrorTools.Agent.Events;
using MirrorTools.Agent.Exports;
using MirrorTools.Agent.Groups;
using MirrorTools.Agent.Link;
using MirrorTools.Agent.Operations;
using MirrorTools.Agent.Pairs;
using MirrorTools.Agent.Pairs.Making;
using MirrorTools.Agent.State;
using MirrorTools.Agent.Trust;
using MirrorTools.Agent.Volumes;

namespace MirrorTools.Agent.Hosting;

/// <summary>The services of an agent.</summary>
internal static class AgentServices
{
    public static void Add(IServiceCollection services, AgentSettings settings, StateDirectory state)
    {
        services.AddSingleton(settings);
        services.AddSingleton(state.Paths);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(ControlToken.LoadOrCreate(state.Paths.Token));
        services.AddSingleton(_ => AgentIdentity.LoadOrCreate(state.Paths.Directory, settings.Name, TimeProvider.System));
        services.AddSingleton<AgentRuntime>();
        services.AddSingleton(provider => new EventLog(
            state.Paths, settings.Name, TimeProvider.System, provider.GetRequiredService<ILogger<EventLog>>()));
        AddLink(services, settings, state);
        AddPairs(services);
    }

    private static void AddLink(IServiceCollection services, AgentSettings settings, StateDirectory state)
    {
        services.AddSingleton(_ => TrustStore.Open(state.Paths.Directory));
        services.AddSingleton<TrustService>();
        services.AddSingleton(new LinkHostOptions
        {
            ListenEndPoints = settings.LinkEndPoints,
            SoftwareVersion = ProductVersion.Text,
            Compression = settings.Compression,
        });
        services.AddSingleton<LinkHost>();
        services.AddSingleton(provider => provider.GetRequiredService<LinkHost>().Peers);
        services.AddSingleton<TrustAdministration>();
    }

    private static void AddPairs(IServiceCollection services)
    {
        services.AddSingleton<AttachmentService>();
        services.AddSingleton<VolumeService>();
        services.AddSingleton<OperationService>();
        services.AddSingleton<PairIndex>();
        services.AddSingleton<UnfinishedPairs>();
        services.AddSingleton<SidesInMaking>();
        services.AddSingleton<PairTakeBack>();
        services.AddSingleton<PairEventBridge>();
        services.AddSingleton(provider => new PairEnvironment(
            provider.GetRequiredService<AgentIdentity>().AgentId,
            provider.GetRequiredService<StatePaths>(),
            provider.GetRequiredService<PairEventBridge>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>().CreateLogger("MirrorTools.Pairs")));
        services.AddSingleton<IPeerLinks, PeerLinks>();
        services.AddSingleton<PairRegistry>();
        services.AddSingleton<IVolumeDirectory>(provider => provider.GetRequiredService<PairRegistry>());
        services.AddSingleton<PairClaims>();
        services.AddSingleton<PairCreation>();
        services.AddSingleton<PairDescriber>();
        services.AddSingleton<SideRemaker>();
        services.AddSingleton<PairDiscarding>();
        services.AddSingleton<PairRoles>();
        services.AddSingleton<GroupChange>();
        services.AddSingleton<MemberPairs>();
        services.AddSingleton<GroupChecks>();
        services.AddSingleton<GroupSpread>();
        services.AddSingleton<GroupOrphans>();
        services.AddSingleton<GroupDescriber>();
        services.AddSingleton<GroupRequests>();
        services.AddSingleton<GroupService>();
        services.AddSingleton<PairService>();
        services.AddSingleton<PairPlans>();
        services.AddSingleton<PairCycles>();
        services.AddSingleton<PairMaps>();
        services.AddSingleton<PairPoints>();
        services.AddSingleton<RecoveryPoints>();
        services.AddSingleton<PairRecovery>();
        services.AddSingleton<NamedPoints>();
        services.AddSingleton<PairRequests>();
        services.AddHostedService<AgentLife>();
    }
}
