using System.Globalization;
using MirrorTools.Benchmarks.Link;
using MirrorTools.Benchmarks.Nbd;
using MirrorTools.Benchmarks.Pairs;

string what = args.FirstOrDefault() ?? "help";
string parent = args.ElementAtOrDefault(1) ?? Path.GetTempPath();
switch (what)
{
    case "host":
        await HostBenchmark.RunAsync(int.Parse(args.ElementAtOrDefault(1) ?? "5", CultureInfo.InvariantCulture), [.. args.Skip(2)], CancellationToken.None);
        return 0;
    case "hold":
        await HoldBenchmark.RunAsync(
            int.Parse(args.ElementAtOrDefault(1) ?? "1", CultureInfo.InvariantCulture), int.Parse(args.ElementAtOrDefault(2) ?? "5", CultureInfo.InvariantCulture), CancellationToken.None);
        return 0;
    case "scattered":
        await CycleBenchmark.ScatteredAsync(parent, CancellationToken.None);
        return 0;
    case "idle":
        await CycleBenchmark.IdleAsync(parent, long.Parse(args.ElementAtOrDefault(2) ?? "8", CultureInfo.InvariantCulture), CancellationToken.None);
        return 0;
    case "initial":
        await CycleBenchmark.InitialAsync(parent, CancellationToken.None);
        return 0;
    case "serve-plain":
        return await PlainServer.ServeAsync(args[1], args[2]);
    case "nbd-serve":
        return await NbdServeCommand.RunAsync(args[1..]);
    case "nbd-compare":
        return await NbdComparison.RunAsync(args[1..]);
    case "link":
        await LinkBenchmark.RunAsync();
        return 0;
    default:
        Console.Error.WriteLine("link | host [SECONDS] [WORKLOAD ...] | hold [VOLUMES] [SECONDS] | scattered [DIR] | idle [DIR] [TIB] | initial [DIR] | nbd-serve FILE SOCKET | nbd-compare DIR [SECONDS] [ROUNDS]");
        return 2;
}
