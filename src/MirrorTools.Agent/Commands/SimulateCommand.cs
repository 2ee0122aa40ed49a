using System.Diagnostics;
using System.Globalization;
using MirrorTools.Simulation.Runs;

namespace MirrorTools.Agent.Commands;

/// <summary>
/// Runs the engine through simulated disasters: a line for each seed that broke a promise, with the command that replays it, and what happened in all of them. The exit
/// code is 0 only where every seed held.
/// </summary>
internal static class SimulateCommand
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(10);

    public static Task<int> RunAsync(string[] arguments)
    {
        var options = SimulateOptions.Read(arguments);
        using var cancel = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true;
            cancel.Cancel();
        };
        var tally = new Tally(options);
        var elapsed = Stopwatch.StartNew();
        using (var progress = new Timer(_ => tally.ShowProgress(), null, ProgressInterval, ProgressInterval))
        {
            RunSeeds(options, tally, cancel.Token);
        }

        tally.ShowSummary(elapsed.Elapsed);
        return Task.FromResult(tally.Failed == 0 && !cancel.IsCancellationRequested ? ExitCodes.Success : ExitCodes.Failure);
    }

    private static void RunSeeds(SimulateOptions options, Tally tally, CancellationToken cancel)
    {
        try
        {
            Parallel.ForEach(Seeds(options), new ParallelOptions { MaxDegreeOfParallelism = options.Jobs, CancellationToken = cancel }, seed =>
            {
                using var trace = options.Trace is null or "-" ? null : new StreamWriter(options.Trace);
                var started = Stopwatch.GetTimestamp();
                tally.Add(Simulator.Run(options.Service, seed, new SimulationOptions
                {
                    Faults = options.Faults,
                    DeliberateFault = options.DeliberateFault,
                    Plan = options.Plan,
                    Trace = options.Trace == "-" ? Console.Out : trace,
                }), Stopwatch.GetElapsedTime(started));
            });
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine("Stopped; what follows is of the seeds that ended.");
        }
    }

    private static IEnumerable<ulong> Seeds(SimulateOptions options)
    {
        for (var seed = options.First; ; seed++)
        {
            yield return seed;
            if (seed == options.Last)
            {
                yield break;
            }
        }
    }

    private sealed class Tally(SimulateOptions options)
    {
        private readonly Lock _lock = new();
        private readonly SimulationTotals _totals = new();
        private readonly List<double> _milliseconds = [];

        public int Failed { get; private set; }

        public void Add(SimulationReport report, TimeSpan took)
        {
            lock (_lock)
            {
                _totals.Add(report.Totals);
                _milliseconds.Add(took.TotalMilliseconds);
                if (!report.Held)
                {
                    Failed++;
                    Console.WriteLine($"seed {report.Seed}: {report.Failure!.Split('\n')[0]} | {Replay(report.Seed)}");
                    if (options.First == options.Last)
                    {
                        Console.WriteLine($"{report.Failure}\nIts plan:\n{report.Plan}");
                    }
                }
            }
        }

        public void ShowProgress()
        {
            lock (_lock)
            {
                Console.Error.WriteLine($"{_totals.Seeds} of {options.Last - options.First + 1} seeds, {Failed} failed");
            }
        }

        public void ShowSummary(TimeSpan elapsed)
        {
            _milliseconds.Sort();
            var median = _milliseconds.Count == 0 ? 0 : _milliseconds[_milliseconds.Count / 2];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{_totals.Seeds} seeds of {options.Service} in {elapsed.TotalSeconds:F0} s (median {median:F0} ms a seed): {Failed} failed"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_totals.SimulatedTime.TotalHours,12:F1} simulated hours"));
            Console.WriteLine($"{_totals.Steps,12} steps");
            foreach (var (name, count) in _totals.Counts)
            {
                Console.WriteLine($"{count,12} {name}");
            }

            foreach (var (pair, count) in options.ShowsTransitions ? _totals.Coverage : new Dictionary<string, long>())
            {
                Console.WriteLine($"{count,12} {pair}");
            }

            string[] unreached = [.. _totals.Unreached];
            Console.WriteLine($"{_totals.Coverage.Count - unreached.Length} of {_totals.Coverage.Count} pairs of a state machine's state and event were reached.");
            if (unreached.Length > 0)
            {
                Console.WriteLine($"Not reached: {string.Join(", ", unreached)}.");
            }
        }

        private string Replay(ulong seed)
        {
            var command = $"mirror-agent simulate --service {options.Service} --seeds {seed}";
            command += options.Faults == FaultKinds.All ? "" : $" --faults {options.Faults.ToString().Replace(" ", "", StringComparison.Ordinal)}";
            return options.DeliberateFault is null ? command + " --trace -" : $"{command} --deliberate-fault {options.DeliberateFault} --trace -";
        }
    }
}
