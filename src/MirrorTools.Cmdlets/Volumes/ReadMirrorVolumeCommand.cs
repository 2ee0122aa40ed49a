using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Display;
using MirrorTools.Cmdlets.Input;
using MirrorTools.Contracts;

namespace MirrorTools.Cmdlets.Volumes;

/// <summary>Reads bytes of a volume, as a host would see them.</summary>
[Cmdlet(VerbsCommunications.Read, "MirrorVolume", DefaultParameterSetName = "Objects")]
[OutputType(typeof(MirrorVolumeData), ParameterSetName = ["Objects"])]
[OutputType(typeof(FileInfo), ParameterSetName = ["File"])]
public sealed class ReadMirrorVolumeCommand : MirrorCmdlet
{
    /// <summary>The volume's name or id; a pair's name is the volume that hosts see.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Volume")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public string Name { get; set; } = "";

    /// <summary>Where to begin, in bytes: a multiple of 512.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, long.MaxValue)]
    [Size]
    public long Offset { get; set; }

    /// <summary>How many bytes: a multiple of 512.</summary>
    [Parameter(Position = 2, ValueFromPipelineByPropertyName = true)]
    [ValidateRange(1, long.MaxValue)]
    [Size]
    public long Length { get; set; } = 4096;

    /// <summary>Writes the bytes into this local file instead.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "File")]
    [ValidateNotNullOrEmpty]
    public string OutFile { get; set; } = "";

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Name, () =>
    {
        SectorRange.Check(Name, Offset, Length);
        if (ParameterSetName == "File")
        {
            var path = ToAbsolute(OutFile);
            LocalFile.Use(path, () => ReadIntoFile(path));
        }
        else
        {
            ReadAll(bytes => WriteObject(new MirrorVolumeData(Name, bytes.Offset, bytes.Data, Asked)));
        }
    });

    private void ReadIntoFile(string path)
    {
        using (var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read))
        {
            ReadAll(bytes => file.Write(bytes.Data, 0, bytes.Data.Length));
        }

        WriteObject(new FileInfo(path));
    }

    private void ReadAll(Action<(long Offset, byte[] Data)> use)
    {
        var line = new ProgressLine(this, $"Reading '{Name}'");
        try
        {
            for (long done = 0; done < Length;)
            {
                var offset = Offset + done;
                var length = (int)Math.Min(Length - done, ApiLimits.MaxVolumeDataBytes);
                use((offset, Ask((client, cancel) => client.Volumes.ReadAsync(Name, offset, length, cancel))));
                done += length;
                line.Show(done, Length, $"{SizeText.Of(done)} of {SizeText.Of(Length)}", null);
            }
        }
        finally
        {
            line.End();
        }
    }
}
