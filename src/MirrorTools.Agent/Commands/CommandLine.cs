using MirrorTools.Agent.Hosting;

namespace MirrorTools.Agent.Commands;

/// <summary>Finds the command and turns what it throws into a line on stderr and an exit code.</summary>
internal static class CommandLine
{
    private const string Usage = """
        mirror-agent: mirrors volumes to a second agent.

          mirror-agent run [options]    runs the agent until it is stopped
          mirror-agent demo             shows the main job from end to end in a temporary directory
          mirror-agent serve --file FILE --socket PATH [--read-only]
                                        serves a file or device by NBD without mirroring it
          mirror-agent simulate [--service Flashcopy] [--seeds 1..1000] [--faults Kills,Power,...] [--deliberate-fault NAME]
                                [--plan FILE] [--trace FILE|-] [--jobs N] [--transitions]
                                runs the engine through simulated disasters; each seed is a run that can be replayed
          mirror-agent version          prints the version
          mirror-agent help             prints this

        Options of run:
          --state DIR          the state directory; one agent per directory
          --config FILE        a JSON file with the options below; config.json in the state directory where it is there
          --name NAME          the agent's name; the machine's name where absent
          --listen ADDRESS     where other agents connect, as address:port; may be repeated; port 0 takes a free one
          --advertise ADDRESS  what pairing codes tell other agents to connect to, as host:port; may be repeated
          --api-port PORT      the port of the control API on 127.0.0.1; 0 (the default) takes a free one
          --compress           compresses what goes over the link where the other agent does too
          --log-level LEVEL    Trace, Debug, Information (the default), Warning or Error
          --parent-pid PID     ends when that process has ended
          --die-with-parent    ends when its standard input is closed
        """;

    private static readonly Dictionary<string, Func<string[], Task<int>>> Commands = new(StringComparer.Ordinal)
    {
        ["run"] = RunCommand.RunAsync,
        ["serve"] = ServeCommand.RunAsync,
        ["simulate"] = SimulateCommand.RunAsync,
        ["demo"] = Demo.DemoCommand.RunAsync,
    };

    public static async Task<int> RunAsync(string[] arguments)
    {
        try
        {
            switch (arguments.FirstOrDefault())
            {
                case "version" or "--version":
                    Console.WriteLine(ProductVersion.Text);
                    return ExitCodes.Success;
                case "help" or "--help" or "-h":
                    Console.WriteLine(Usage);
                    return ExitCodes.Success;
                case { } name when Commands.TryGetValue(name, out var command):
                    return await command(arguments[1..]);
                case null:
                    throw new UsageException("A command is missing.");
                case { } unknown:
                    throw new UsageException($"'{unknown}' is not a command.");
            }
        }
        catch (UsageException error)
        {
            Console.Error.WriteLine($"mirror-agent: {error.Message} 'mirror-agent help' lists commands and options.");
            return ExitCodes.Usage;
        }
        catch (StateInUseException error)
        {
            Console.Error.WriteLine($"mirror-agent: {error.Message}");
            return ExitCodes.StateInUse;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or AgentStartException)
        {
            Console.Error.WriteLine($"mirror-agent: {error.Message}");
            return ExitCodes.Failure;
        }
    }
}
