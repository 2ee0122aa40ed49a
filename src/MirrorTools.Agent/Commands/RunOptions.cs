using System.Net;
using MirrorTools.Agent.Hosting;

namespace MirrorTools.Agent.Commands;

/// <summary>Reads the options of <c>run</c>: the command line over the configuration file over the defaults.</summary>
internal static class RunOptions
{
    public static AgentSettings Read(string[] arguments)
    {
        var (state, config) = FindPlaces(arguments);
        var settings = new AgentSettings();
        settings = settings with { StateDirectory = Path.GetFullPath(state ?? settings.StateDirectory) };
        config ??= Path.Combine(settings.StateDirectory, "config.json") is { } usual && File.Exists(usual) ? usual : null;
        if (config is not null)
        {
            settings = ConfigFile.Apply(Path.GetFullPath(config), settings);
        }

        return Apply(arguments, settings);
    }

    // The two options that say where the others come from.
    private static (string? State, string? Config) FindPlaces(string[] arguments)
    {
        string? state = null, config = null;
        for (var options = new OptionReader(arguments); options.Next();)
        {
            switch (options.Current)
            {
                case "--state": state = options.Text(); break;
                case "--config": config = options.Text(); break;
                case "--compress" or "--die-with-parent": break;
                default: _ = options.Text(); break;
            }
        }

        return (state, config);
    }

    private static AgentSettings Apply(string[] arguments, AgentSettings settings)
    {
        List<IPEndPoint> listen = [];
        List<string> advertise = [];
        for (var options = new OptionReader(arguments); options.Next();)
        {
            switch (options.Current)
            {
                case "--state" or "--config": _ = options.Text(); break;
                case "--name": settings = settings with { Name = options.Text() }; break;
                case "--listen": listen.Add(options.EndPoint()); break;
                case "--advertise": advertise.Add(options.Text()); break;
                case "--api-port": settings = settings with { ApiPort = options.Number(0, 65535) }; break;
                case "--compress": settings = settings with { Compression = true }; break;
                case "--log-level": settings = settings with { LogLevel = Level(options) }; break;
                case "--parent-pid": settings = settings with { ParentProcessId = options.Number(1, int.MaxValue) }; break;
                case "--die-with-parent": settings = settings with { DieWithParent = true }; break;
                default: throw options.Unknown();
            }
        }

        return settings with
        {
            LinkEndPoints = listen.Count > 0 ? listen : settings.LinkEndPoints,
            AdvertisedAddresses = advertise.Count > 0 ? advertise : settings.AdvertisedAddresses,
        };
    }

    private static LogLevel Level(OptionReader options)
    {
        var text = options.Text();
        return Enum.TryParse<LogLevel>(text, ignoreCase: true, out var level) && Enum.IsDefined(level)
            ? level
            : throw new UsageException($"'{options.Current}' takes Trace, Debug, Information, Warning or Error, not '{text}'.");
    }
}
