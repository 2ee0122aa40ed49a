using MirrorTools.Simulation.Hosts;

namespace MirrorTools.Simulation.Checking;

/// <summary>
/// Promise P-1: is a set of images exactly the source at one consistency point? Every sector names the write it shows. A write that is shown is in the point;
/// one that should have replaced what is shown is out; no write may be both. Then one instant t within the point's window must exist with every write that
/// is in issued before it, and every write that is out acknowledged after it.
/// </summary>
public sealed class ImageChecker
{
    private readonly PointWindow _window;
    private readonly IReadOnlyList<byte[]?> _images;
    private readonly Dictionary<HostWrite, string> _in = [];
    private readonly Dictionary<HostWrite, string> _out = [];
    private readonly List<(int Volume, long Sector)> _zeros = [];
    private string? _violation;

    private ImageChecker(PointWindow window, IReadOnlyList<byte[]?> images)
    {
        _window = window;
        _images = images;
    }

    /// <summary>Says what is wrong with the images of all volumes of a group, or null where they are the point.</summary>
    /// <param name="window">When the point was taken.</param>
    /// <param name="images">The volumes' content, in the order of their numbers; null for one that is not looked at.</param>
    public static string? Check(PointWindow window, IReadOnlyList<byte[]?> images) => new ImageChecker(window, images).Run();

    private string? Run()
    {
        for (var volume = 0; volume < _images.Count && _violation is null; volume++)
        {
            if (_images[volume] is { } image)
            {
                Classify(volume, image);
            }
        }

        return _violation ?? CheckWhole() ?? CheckInstant();
    }

    private void Classify(int volume, byte[] image)
    {
        var epoch = _window.Epoch;
        if (image.Length != epoch.BaseOf(volume).Length)
        {
            _violation = $"volume {volume} has {image.Length} bytes, its source {epoch.BaseOf(volume).Length}";
            return;
        }

        for (long sector = 0; sector < image.Length / SectorStamp.Bytes && _violation is null; sector++)
        {
            var content = image.AsSpan((int)sector * SectorStamp.Bytes, SectorStamp.Bytes);
            if (epoch.WritersOf(volume, sector) is { } writers)
            {
                ClassifyWritten(volume, sector, content, writers);
            }
            else if (!content.SequenceEqual(epoch.BaseOf(volume, sector)))
            {
                _violation = $"volume {volume} sector {sector} was not written since the epoch began, but shows {SectorStamp.Describe(content)}, " +
                             $"not {SectorStamp.Describe(epoch.BaseOf(volume, sector))}";
            }
        }
    }

    private void ClassifyWritten(int volume, long sector, ReadOnlySpan<byte> content, IReadOnlyList<HostWrite> writers)
    {
        var isZero = content.IndexOfAnyExcept((byte)0) < 0;
        if (isZero)
        {
            _zeros.Add((volume, sector));
        }
        else if (SectorStamp.TryRead(content, volume, sector, out var id) && _window.Epoch.Find(id, volume, sector) is { } shown)
        {
            _in.TryAdd(shown, $"volume {volume} sector {sector} shows it");
            foreach (var writer in writers)
            {
                if (shown.IsBefore(writer))
                {
                    Exclude(writer, volume, sector, content);
                }
            }
        }
        else if (content.SequenceEqual(_window.Epoch.BaseOf(volume, sector)))
        {
            foreach (var writer in writers)
            {
                Exclude(writer, volume, sector, content);
            }
        }
        else
        {
            _violation = $"volume {volume} sector {sector} shows {SectorStamp.Describe(content)}, which never was its content in epoch {_window.Epoch.Number}";
        }
    }

    private void Exclude(HostWrite write, int volume, long sector, ReadOnlySpan<byte> content)
    {
        if (!write.HasFailed && !_out.ContainsKey(write))
        {
            _out.Add(write, $"volume {volume} sector {sector} shows {SectorStamp.Describe(content)}");
        }
    }

    private string? CheckWhole()
    {
        foreach (var (write, why) in _in)
        {
            if (_out.TryGetValue(write, out var whyNot) && !write.HasFailed)
            {
                return $"{write} is in the point only in part: {why}, but {whyNot}";
            }
        }

        return null;
    }

    private string? CheckInstant()
    {
        var (earliest, whyNotEarlier) = (_window.Earliest, "the point's start");
        foreach (var (write, why) in _in)
        {
            if (write.Issued > earliest)
            {
                (earliest, whyNotEarlier) = (write.Issued, $"{write} is in: {why}");
            }
        }

        var (latest, whyNotLater) = (_window.Latest, "the point's end");
        foreach (var (write, why) in _out)
        {
            if (write.Acknowledged < latest)
            {
                (latest, whyNotLater) = (write.Acknowledged, $"{write} is not in: {why}");
            }
        }

        if (earliest > latest)
        {
            return $"no instant fits the point (window {_window.Earliest} to {_window.Latest}): not before {earliest} since {whyNotEarlier}; " +
                   $"not after {latest} since {whyNotLater}";
        }

        return CheckZeros(earliest, latest);
    }

    /// <summary>Zeros carry no stamp: at some instant each zero sector must be explained by a zeroing, or by its content at the epoch's beginning.</summary>
    private string? CheckZeros(long earliest, long latest)
    {
        string? unexplained = null;
        foreach (var instant in InstantsBetween(earliest, latest))
        {
            unexplained = null;
            foreach (var (volume, sector) in _zeros)
            {
                if (!IsZeroExplained(volume, sector, instant))
                {
                    unexplained = $"volume {volume} sector {sector} shows zeros, which at no instant from {earliest} to {latest} fits with the other sectors; " +
                                  $"its writes: {string.Join("; ", _window.Epoch.WritersOf(volume, sector)!)}";
                    break;
                }
            }

            if (unexplained is null)
            {
                return null;
            }
        }

        return unexplained;
    }

    private IEnumerable<long> InstantsBetween(long earliest, long latest)
    {
        var instants = new SortedSet<long> { earliest };
        foreach (var write in _zeros.Count == 0 ? [] : _window.Epoch.Writes)
        {
            // an instant right after an event differs from the one before it; between events nothing changes
            foreach (var instant in (ReadOnlySpan<long>)[write.Issued, write.Acknowledged == HostWrite.Never ? -1 : write.Acknowledged + 1])
            {
                if (instant > earliest && instant <= latest)
                {
                    instants.Add(instant);
                }
            }
        }

        return instants;
    }

    private bool IsZeroExplained(int volume, long sector, long instant)
    {
        var writers = _window.Epoch.WritersOf(volume, sector)!;
        var isBaseZero = _window.Epoch.BaseOf(volume, sector).IndexOfAnyExcept((byte)0) < 0;
        if (isBaseZero && writers.All(w => MayBeOut(w, instant)))
        {
            return true;
        }

        foreach (var zeroing in writers)
        {
            if (zeroing.IsZeroing && zeroing.Issued <= instant && !_out.ContainsKey(zeroing)
                && writers.All(w => !zeroing.IsBefore(w) || MayBeOut(w, instant)))
            {
                return true;
            }
        }

        return false;
    }

    private bool MayBeOut(HostWrite write, long instant) => write.HasFailed || (write.Acknowledged >= instant && !_in.ContainsKey(write));
}
